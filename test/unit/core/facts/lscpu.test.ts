import { describe, expect, test } from 'vitest';
import { parseLscpu } from '../../../../src/core/facts/cpu/lscpu.ts';
import { failureOf, fixture } from './fixture.ts';

const KIB = 1024;
const MIB = 1024 * 1024;

describe('lscpu', () => {
  test('reads the flat output of EL7 with offline CPUs and a node without any', () => {
    expect(parseLscpu(fixture('lscpu-el7-offline.txt'))).toEqual({
      architecture: 'x86_64',
      cpus: 8,
      onlineCpus: 4,
      socketCount: 1,
      coresPerSocket: 4,
      threadsPerCore: 1,
      modelName: 'Intel(R) Xeon(R) Silver 4208 CPU @ 2.10GHz',
      vendorId: 'GenuineIntel',
      hypervisor: null,
      cacheBytes: { L1d: 32 * KIB, L1i: 32 * KIB, L2: MIB, L3: 11264 * KIB },
      cacheInstances: { L1d: null, L1i: null, L2: null, L3: null },
      numaNodes: [
        { id: 0, cpus: [0, 2, 4, 6] },
        { id: 1, cpus: [] },
      ],
      flags: null,
    });
  });

  test('reads what a terminal shows: indented, with a byte order mark and wrapped flags, which it does not trust', () => {
    const cpu = parseLscpu(fixture('lscpu-indented-wrapped.txt'));
    expect(cpu).toMatchObject({
      cpus: 12,
      onlineCpus: 12,
      socketCount: 1,
      coresPerSocket: 6,
      threadsPerCore: 2,
    });
    expect(cpu.cacheBytes).toEqual({ L1d: 192 * KIB, L1i: 192 * KIB, L2: 1.5 * MIB, L3: 12 * MIB });
    expect(cpu.cacheInstances).toEqual({ L1d: 6, L1i: 6, L2: 6, L3: 1 });
    expect(cpu.modelName).toBe('Intel(R) Xeon(R) E-2236 CPU @ 3.40GHz');
    expect(cpu.flags).toBeNull();
  });

  test('reads nested JSON with an empty node', () => {
    expect(parseLscpu(fixture('lscpu-nested.json'))).toMatchObject({
      cpus: 4,
      onlineCpus: 2,
      modelName: 'AMD EPYC 7452 32-Core Processor',
      cacheBytes: { L1d: 64 * KIB, L1i: null, L2: MIB, L3: null },
      numaNodes: [
        { id: 0, cpus: [0, 1] },
        { id: 1, cpus: [] },
      ],
      flags: ['fpu', 'svm', 'npt'],
    });
  });

  test.each(['host', 'guest'])('reads the same from JSON and from text of the lab %s', (side) => {
    const text = parseLscpu(fixture(`lab-${side}/lscpu.txt`));
    expect(parseLscpu(fixture(`lab-${side}/lscpu-J.txt`))).toEqual(text);
    expect(text.flags).toContain('svm');
  });

  test('does not choose between two kinds of cores', () => {
    expect(parseLscpu(fixture('lscpu-arm.txt'))).toMatchObject({
      modelName: 'Cortex-A55 + Cortex-A76',
      coresPerSocket: null,
      socketCount: null,
      threadsPerCore: 1,
      cacheBytes: { L2: 2.5 * MIB, L3: null },
    });
  });

  test('counts the CPUs of a mask', () => {
    expect(parseLscpu('CPU(s): 12\nOn-line CPU(s) mask: 0xf0f\n').onlineCpus).toBe(8);
  });

  test.each([
    ['', 1],
    ['\n\n', 1],
    ['MemTotal: 12 kB\n', 1],
    ['CPU(s): 4\n', 1],
    ['CPU(s): 4\nOn-line CPU(s) list: 0-3\nL2 cache: plenty\n', 3],
    ['CPU(s): 4\nOn-line CPU(s) list: 3-0\n', 2],
    ['CPU(s): 4\nOn-line CPU(s) list: 0-999999999\n', 2],
    ['{"lscpu": [{"field": 1}]}', 1],
    ['{"lscpu": ', 1],
    ['bash: lscpu: command not found', 1],
  ])('refuses %j, naming line %i', (text, line) => {
    expect(failureOf(() => parseLscpu(text))).toMatchObject({
      reason: 'not-understood',
      data: { kind: 'lscpu', line },
    });
  });
});

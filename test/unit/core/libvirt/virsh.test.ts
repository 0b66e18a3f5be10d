import { describe, expect, test } from 'vitest';
import {
  parseEmulatorpin,
  parseNumatune,
  parseVcpuinfo,
  parseVcpupin,
  parseVirshList,
  parseVirshVersion,
} from '../../../../src/core/libvirt/virsh.ts';
import { failureOf, fixture } from '../facts/fixture.ts';

describe('virsh', () => {
  test('list --all knows domains with blanks in their names, running or not', () => {
    const text =
      ' Id    Name          State\n-----------------------\n 2     rhel7.4       running\n -     my old vm     shut off\n\n';
    expect(parseVirshList(text)).toEqual([
      { id: 2, name: 'rhel7.4', state: 'running' },
      { id: null, name: 'my old vm', state: 'shut off' },
    ]);
    expect(parseVirshList(fixture('lab-host/virsh-list.txt'))).toEqual([
      { id: 1, name: 'g1', state: 'running' },
    ]);
    expect(failureOf(() => parseVirshList('error: failed to connect to the hypervisor\n')).reason).toBe(
      'not-understood',
    );
  });

  test('vcpuinfo of a running domain', () => {
    expect(parseVcpuinfo(fixture('lab-host/vcpuinfo.txt'))).toEqual([
      { vcpu: 0, cpu: 2, state: 'running', seconds: 46.9, affinity: [2] },
      { vcpu: 1, cpu: 3, state: 'running', seconds: 28.2, affinity: [3] },
    ]);
  });

  test('vcpuinfo of a domain that is shut off', () => {
    const text =
      'VCPU:           0\nCPU:            N/A\nState:          N/A\nCPU time        N/A\nCPU Affinity:   yy--\n';
    expect(parseVcpuinfo(text)).toEqual([
      { vcpu: 0, cpu: null, state: 'N/A', seconds: null, affinity: [0, 1] },
    ]);
  });

  test('vcpupin in both table layouts', () => {
    const pins = [
      { vcpu: 0, cpus: [2] },
      { vcpu: 1, cpus: [3] },
    ];
    expect(parseVcpupin(fixture('lab-host/vcpupin.txt'))).toEqual(pins);
    expect(
      parseVcpupin('VCPU: CPU Affinity\n----------------------------------\n   0: 2\n   1: 3\n\n'),
    ).toEqual(pins);
  });

  test('emulatorpin, numatune and version', () => {
    expect(parseEmulatorpin(fixture('lab-host/emulatorpin.txt'))).toEqual([2, 3]);
    expect(parseNumatune(fixture('lab-host/numatune.txt'))).toEqual({ mode: 'strict', nodes: [1] });
    expect(parseNumatune('numa_mode      : strict\nnuma_nodeset   : \n')).toEqual({
      mode: 'strict',
      nodes: null,
    });
    expect(parseVirshVersion(fixture('lab-host/virsh-version.txt'))).toEqual({
      library: '9.0.0',
      hypervisor: 'QEMU 7.2.22',
    });
  });
});

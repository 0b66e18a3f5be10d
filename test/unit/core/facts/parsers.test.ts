import { describe, expect, test } from 'vitest';
import { formatCpuList, parseCpuList } from '../../../../src/core/facts/cpuList.ts';
import { parseJavaVersion } from '../../../../src/core/facts/java/java.ts';
import { parseQemuVersion } from '../../../../src/core/facts/emulator/emulator.ts';
import { formatCmdline, parseCmdline } from '../../../../src/core/facts/kernel/cmdline.ts';
import {
  configFingerprint,
  normalisedConfig,
  parseKernelConfig,
} from '../../../../src/core/facts/kernel/config.ts';
import { parseUname } from '../../../../src/core/facts/kernel/uname.ts';
import { parseMeminfo } from '../../../../src/core/facts/memory/meminfo.ts';
import { parseNumactl } from '../../../../src/core/facts/numa/numactl.ts';
import { parseOsRelease, parseRedhatRelease } from '../../../../src/core/facts/os/release.ts';
import { disturbances, parseProcesses, parseWho } from '../../../../src/core/facts/processes/processes.ts';
import { parseSystemctlShow, parseSystemctlStatus } from '../../../../src/core/facts/services/systemctl.ts';
import { parseChoice } from '../../../../src/core/facts/thp/thp.ts';
import { failureOf, fixture } from './fixture.ts';

describe('CPU lists', () => {
  test('are read as ranges, interleaved or empty, and written shortly', () => {
    const where = { kind: 'list', line: 1 };
    expect(parseCpuList('0-2,8,10-11\n', where)).toEqual([0, 1, 2, 8, 10, 11]);
    expect(parseCpuList('1,3,5', where)).toEqual([1, 3, 5]);
    expect(parseCpuList('\n', where)).toEqual([]);
    expect(formatCpuList([0, 1, 2, 8, 10, 11])).toBe('0-2,8,10-11');
    expect(formatCpuList([])).toBe('none');
  });
});

describe('meminfo', () => {
  test('gives bytes, and counts of hugepages', () => {
    const memory = parseMeminfo(fixture('lab-host/meminfo.txt'));
    expect(memory.HugePages_Total).toBe(3);
    expect(memory.Hugepagesize).toBe(1024 ** 3);
    expect(memory.Hugetlb).toBe(3 * 1024 ** 3);
    expect(memory['Active(anon)']).toBeGreaterThan(0);
  });

  test.each(['', 'MemFree: 1 kB\n', 'MemTotal: 12 MB\n', 'MemTotal: 99999999999999999999 kB\n'])(
    'refuses %j',
    (text) => {
      expect(failureOf(() => parseMeminfo(text)).reason).toBe('not-understood');
    },
  );
});

describe('the kernel command line', () => {
  test('keeps the order, repeated keys and values with =, and null where there is no =', () => {
    expect(parseCmdline('root=UUID=1-2 ro console=ttyS0 console=tty0 quiet=\n')).toEqual([
      { key: 'root', value: 'UUID=1-2' },
      { key: 'ro', value: null },
      { key: 'console', value: 'ttyS0' },
      { key: 'console', value: 'tty0' },
      { key: 'quiet', value: '' },
    ]);
  });

  test('drops quotes as the kernel does', () => {
    const parameters = parseCmdline('a="b c" "d=e f" dyndbg="file x.c +p; func y"');
    expect(parameters).toEqual([
      { key: 'a', value: 'b c' },
      { key: 'd', value: 'e f' },
      { key: 'dyndbg', value: 'file x.c +p; func y' },
    ]);
    expect(parseCmdline(formatCmdline(parameters))).toEqual(parameters);
  });

  test.each(['', '\n', 'one line\nanother\n'])('refuses %j', (text) => {
    expect(failureOf(() => parseCmdline(text)).reason).toBe('not-understood');
  });
});

describe('uname', () => {
  test.each([
    [
      'Linux h.example.org 3.10.0-229.el7.x86_64 #1 SMP Mon Mar 3 13:32:45 EST 2014 x86_64 x86_64 x86_64 GNU/Linux',
      '3.10.0-229.el7.x86_64',
      '#1 SMP Mon Mar 3 13:32:45 EST 2014',
      'x86_64',
    ],
    [
      'Linux n 2.6.18-53.el5PAE #1 SMP Wed Oct 10 2007 i686 i686 i386 GNU/Linux',
      '2.6.18-53.el5PAE',
      '#1 SMP Wed Oct 10 2007',
      'i686',
    ],
    ['5.3.0-693_44', '5.3.0-693_44', null, null],
  ])('reads %j', (text, release, version, machine) => {
    expect(parseUname(`${text}\n`)).toMatchObject({ release, version, machine });
  });

  test.each(['', 'Darwin mac 23.0.0 #1 x86_64', 'hello', 'Linux a b'])('refuses %j', (text) => {
    expect(failureOf(() => parseUname(text)).reason).toBe('not-understood');
  });
});

describe('systemctl', () => {
  test('show gives one unit per paragraph', () => {
    const units = parseSystemctlShow(fixture('lab-host/svc-show.txt'));
    expect(units.map(({ unit, activeState, subState }) => [unit, activeState, subState])).toEqual([
      ['numad.service', 'active', 'running'],
      ['ksm.service', 'active', 'exited'],
      ['ksmtuned.service', 'active', 'running'],
    ]);
  });

  test('show keeps a missing unit as not-found', () => {
    const text =
      'Id=numad.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n';
    expect(parseSystemctlShow(text)).toEqual([
      {
        unit: 'numad.service',
        loadState: 'not-found',
        activeState: 'inactive',
        subState: 'dead',
        unitFileState: null,
      },
    ]);
  });

  test('status of EL7 knows missing units, drop-ins and ignores the log', () => {
    expect(parseSystemctlStatus(fixture('status-el7.txt'))).toEqual([
      {
        unit: 'numad.service',
        loadState: 'not-found',
        activeState: 'inactive',
        subState: 'dead',
        unitFileState: null,
      },
      {
        unit: 'ksm.service',
        loadState: 'loaded',
        activeState: 'active',
        subState: 'exited',
        unitFileState: 'enabled',
      },
    ]);
  });

  test('status and show of the lab agree', () => {
    expect(parseSystemctlStatus(fixture('lab-host/svc.txt'))).toEqual(
      parseSystemctlShow(fixture('lab-host/svc-show.txt')),
    );
  });

  test('status takes units that could not be found from standard error', () => {
    const units = parseSystemctlStatus(fixture('lab-guest/svc.err.txt'));
    expect(units.map(({ unit, loadState }) => [unit, loadState])).toEqual([
      ['numad.service', 'not-found'],
      ['ksm.service', 'not-found'],
      ['ksmtuned.service', 'not-found'],
    ]);
  });

  test('status in another language is not understood', () => {
    const text = '● ksm.service - KSM\n   Geladen: geladen (/x; aktiviert)\n   Aktiv: inaktiv (tot)\n';
    expect(failureOf(() => parseSystemctlStatus(text))).toMatchObject({
      reason: 'not-understood',
      data: { line: 1 },
    });
  });
});

describe('transparent hugepages', () => {
  test('gives the marked word', () => {
    expect(parseChoice('always madvise [never]\n')).toEqual({
      selected: 'never',
      choices: ['always', 'madvise', 'never'],
    });
    expect(parseChoice('always defer defer+madvise [madvise] never').selected).toBe('madvise');
  });

  test.each(['', 'always madvise never', '[always] [never]', 'cat: x: No such file', '[never'])(
    'refuses %j',
    (text) => {
      expect(failureOf(() => parseChoice(text)).reason).toBe('not-understood');
    },
  );
});

describe('numactl -H', () => {
  test('reads the lab host', () => {
    expect(parseNumactl(fixture('lab-host/numactl.txt'))).toEqual([
      { id: 0, cpus: [0, 1], totalBytes: 3921 * 1024 ** 2, freeBytes: 2753 * 1024 ** 2, distances: [10, 21] },
      { id: 1, cpus: [2, 3], totalBytes: 4030 * 1024 ** 2, freeBytes: 1681 * 1024 ** 2, distances: [21, 10] },
    ]);
  });

  test('keeps a node whose CPUs are all offline', () => {
    const text =
      'available: 2 nodes (0-1)\nnode 0 cpus: 0 2\nnode 0 size: 10 MB\nnode 0 free: 5 MB\nnode 1 cpus:\nnode 1 size: 10 MB\nnode 1 free: 9 MB\n';
    expect(parseNumactl(text).map(({ cpus }) => cpus)).toEqual([[0, 2], []]);
  });

  test.each(['', 'No NUMA available on this system', 'available: 1 nodes (0)\nnode 0 cpus: a b\n'])(
    'refuses %j',
    (text) => {
      expect(failureOf(() => parseNumactl(text)).reason).toBe('not-understood');
    },
  );
});

describe('the kernel configuration', () => {
  test('is the same text whatever compiler built it, in whatever order', () => {
    const one =
      '# Linux/x86 6.1\nCONFIG_CC_VERSION_TEXT="gcc 12"\nCONFIG_HZ=250\nCONFIG_A=y\n# CONFIG_B is not set\n';
    const other = 'CONFIG_A=y\nCONFIG_CC_VERSION_TEXT="gcc 13"\nCONFIG_GCC_VERSION=130000\nCONFIG_HZ=250\n';
    expect(normalisedConfig(parseKernelConfig(one))).toBe('CONFIG_A=y\nCONFIG_HZ=250\n');
    expect(normalisedConfig(parseKernelConfig(other))).toBe(normalisedConfig(parseKernelConfig(one)));
    expect(parseKernelConfig(one).CONFIG_B).toBe('n');
    expect(configFingerprint(parseKernelConfig(other))).toBe(configFingerprint(parseKernelConfig(one)));
    expect(configFingerprint({ CONFIG_A: 'm' })).not.toBe(configFingerprint({ CONFIG_A: 'y' }));
  });

  test('reads the lab host and refuses other files', () => {
    expect(parseKernelConfig(fixture('lab-host/config.txt'))).toMatchObject({
      CONFIG_NO_HZ_IDLE: 'n',
      CONFIG_HZ: '250',
    });
    expect(failureOf(() => parseKernelConfig('#!/bin/sh\necho\n')).data).toMatchObject({ line: 2 });
    expect(failureOf(() => parseKernelConfig('')).reason).toBe('not-understood');
  });
});

describe('releases and versions', () => {
  test('os-release and redhat-release', () => {
    expect(parseOsRelease(fixture('lab-host/os-release.txt'))).toMatchObject({
      id: 'debian',
      versionId: '12',
    });
    expect(parseRedhatRelease('CentOS Linux release 7.2.1511 (Core)\n')).toEqual({
      name: 'CentOS Linux',
      version: '7.2.1511',
      codename: 'Core',
    });
  });

  test('java -version with a note before it', () => {
    const text = `Picked up JAVA_TOOL_OPTIONS: -Xmx1g\n${fixture('lab-host/java.err.txt')}`;
    expect(parseJavaVersion(text)).toMatchObject({ version: '17.0.21.1', vendor: 'openjdk' });
    expect(failureOf(() => parseJavaVersion('openjdk version "17"\n')).reason).toBe('not-understood');
  });

  test('old and new QEMU', () => {
    expect(parseQemuVersion(fixture('lab-host/qemu-version.txt')).version).toBe('7.2.22');
    expect(parseQemuVersion('QEMU emulator version 2.10.0(qemu-kvm-ev-2.10.0-21.el7)\n').version).toBe(
      '2.10.0',
    );
  });
});

describe('processes and users', () => {
  test('finds what disturbs, and only that', () => {
    const text = [
      '  PID  PPID USER     STAT     TIME COMMAND',
      '    1     0 root     Ss   00:00:01 /sbin/init',
      '  268     1 root     Ssl  00:00:01 /usr/bin/numad -i 15',
      '  296     1 root     S    00:00:01 /bin/bash /usr/sbin/ksmtuned',
      '  300     2 root     SN   00:00:01 [ksmd]',
      '  400   399 me       Sl   00:00:01 /home/me/.vscode-server/bin/abc/node out/server-main.js',
      '  401   399 me       S    00:00:01 grep numad',
    ].join('\n');
    const found = disturbances(parseProcesses(text));
    expect(found.numad.map(({ pid }) => pid)).toEqual([268]);
    expect(found.ksmtuned.map(({ pid }) => pid)).toEqual([296]);
    expect(found['vscode-server'].map(({ pid }) => pid)).toEqual([400]);
    expect(found.irqbalance).toEqual([]);
  });

  test('who', () => {
    expect(parseWho('root     pts/0        2026-11-23 10:30 (10.0.2.2)\nme tty1 2026-11-23 09:00\n')).toEqual(
      [
        { user: 'root', terminal: 'pts/0', since: '2026-11-23 10:30', from: '10.0.2.2' },
        { user: 'me', terminal: 'tty1', since: '2026-11-23 09:00', from: null },
      ],
    );
    expect(parseWho('')).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Capture } from '../../../../src/core/facts/capture.ts';
import { factNames, readFacts, summaryLines } from '../../../../src/core/facts/facts.ts';
import { valueOf } from '../../../../src/core/facts/fact.ts';
import { fixture } from './fixture.ts';

function capture(command: string, output: string, more: Partial<Capture> = {}): Capture {
  return { command, output, errors: '', exitStatus: 0, ...more };
}

const NODE = '/sys/devices/system/node';

describe('facts', () => {
  test('of nothing are all unavailable, and their lines say so', () => {
    const facts = readFacts([]);
    expect(factNames.map((name) => facts[name].state)).toEqual(factNames.map(() => 'unavailable'));
    const lines = summaryLines(facts);
    expect(lines.every(({ text, available }) => !available && text.startsWith('not available: '))).toBe(true);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });

  test('say why a command or a file gave nothing', () => {
    const facts = readFacts([
      capture('java -XX:-UsePerfData -version', '', { exitStatus: 127, errors: 'java: command not found' }),
      capture('cat /etc/redhat-release', '', {
        exitStatus: 1,
        errors: 'cat: /etc/redhat-release: No such file or directory\n',
      }),
      capture('virsh -r version', '', { exitStatus: 124 }),
      capture('cat /proc/meminfo', 'nonsense\n'),
      capture('cat /proc/cmdline', '', { exitStatus: 1, errors: 'cat: /proc/cmdline: Permission denied\n' }),
      capture('systemctl get-default', '', { exitStatus: 1, errors: 'Failed to connect to bus\n' }),
    ]);
    const why = (
      ['java', 'redhatRelease', 'virshVersion', 'meminfo', 'cmdline', 'defaultTarget'] as const
    ).map((name) => {
      const fact = facts[name];
      return fact.state === 'unavailable' ? fact.why : fact.state;
    });
    expect(why).toEqual(['missing', 'missing', 'failed', 'not-understood', 'denied', 'failed']);
    expect(summaryLines(facts).find(({ key }) => key === 'memory.total')).toEqual({
      key: 'memory.total',
      fact: 'meminfo',
      text: 'not available: not understood: line 1 reads "nonsense", expected "Key: NUMBER kB" of /proc/meminfo',
      available: false,
    });
  });

  test('KSM: stopped, and pages are merged all the same', () => {
    const facts = readFacts([capture('grep . /sys/kernel/mm/ksm/*', fixture('lab-host/ksm.txt'))]);
    expect(valueOf(facts.ksm)).toMatchObject({ run: 0, pagesShared: 3, pagesSharing: 539, merged: true });
  });

  test('hugepages per node, though a file beside them cannot be read', () => {
    const facts = readFacts([
      capture(`grep . ${NODE}/node*/hugepages/hugepages-*/*`, fixture('lab-host/hp.txt'), {
        errors: fixture('lab-host/hp.err.txt'),
        exitStatus: 2,
      }),
    ]);
    expect(valueOf(facts.hugepages)?.filter(({ pageBytes }) => pageBytes === 1024 ** 3)).toEqual([
      { pageBytes: 1024 ** 3, node: 0, total: 1, free: 1, surplus: 0 },
      { pageBytes: 1024 ** 3, node: 1, total: 2, free: 0, surplus: 0 },
    ]);
    expect(summaryLines(facts).find(({ key }) => key === 'hugepages.1GiB.node1')?.text).toBe('2');
    expect(facts.records).toEqual([]);
  });

  test('NUMA nodes from sysfs: one without CPUs, distances, bytes', () => {
    const facts = readFacts([
      capture(
        `grep -H '' ${NODE}/node*/cpulist ${NODE}/node*/distance ${NODE}/node*/meminfo`,
        [
          `${NODE}/node10/cpulist:2-3`,
          `${NODE}/node2/cpulist:`,
          `${NODE}/node2/distance:10 21`,
          `${NODE}/node2/meminfo:Node 2 MemTotal:        4016112 kB`,
          `${NODE}/node2/meminfo:Node 2 MemFree:         2818892 kB`,
          '',
        ].join('\n'),
      ),
      capture('numactl -H', '', { exitStatus: 127, errors: 'numactl: command not found' }),
    ]);
    expect(valueOf(facts.numaNodes)).toEqual([
      { id: 2, cpus: [], totalBytes: 4016112 * 1024, freeBytes: 2818892 * 1024, distances: [10, 21] },
      { id: 10, cpus: [2, 3], totalBytes: null, freeBytes: null, distances: null },
    ]);
    expect(summaryLines(facts).find(({ key }) => key === 'numa.node2.cpus')?.text).toBe('none');
  });

  test('NUMA nodes of sysfs are completed by numactl', () => {
    const facts = readFacts([
      capture(`grep . ${NODE}/node*/cpulist`, `${NODE}/node0/cpulist:0-1\n${NODE}/node1/cpulist:2-3\n`),
      capture('numactl -H', fixture('lab-host/numactl.txt')),
    ]);
    expect(valueOf(facts.numaNodes)?.[1]).toEqual({
      id: 1,
      cpus: [2, 3],
      totalBytes: 4030 * 1024 ** 2,
      freeBytes: 1681 * 1024 ** 2,
      distances: [21, 10],
    });
  });

  test('a tool is installed, not installed, broken, or nobody asked', () => {
    const facts = readFacts([
      capture('gcc --version', 'gcc 12.2.0\nCopyright\n'),
      capture('pahole --version', '', { exitStatus: 127, errors: 'pahole: command not found' }),
      capture('perf --version', '', { exitStatus: 2, errors: 'WARNING: perf not found for kernel 5.3\n' }),
    ]);
    expect(valueOf(facts.toolchain)).toEqual({
      gcc: 'gcc 12.2.0',
      pahole: null,
      perf: 'does not work: WARNING: perf not found for kernel 5.3',
    });
  });

  test('CPUs that are present and not online are offline', () => {
    const root = '/sys/devices/system/cpu';
    const facts = readFacts([
      capture(
        `grep -H '' ${root}/present ${root}/online ${root}/offline ${root}/isolated`,
        `${root}/present:0-3\n${root}/online:0,2\n${root}/offline:1,3-255\n${root}/isolated:\n`,
      ),
    ]);
    expect(valueOf(facts.cpus)).toEqual({
      present: [0, 1, 2, 3],
      online: [0, 2],
      offline: [1, 3],
      isolated: [],
      smtControl: null,
    });
  });

  test('frequency policies are collapsed, and turbo has two sources', () => {
    const root = '/sys/devices/system/cpu';
    const line = (cpu: number, governor: string): string =>
      `${root}/cpu${cpu}/cpufreq/scaling_driver:acpi-cpufreq\n${root}/cpu${cpu}/cpufreq/scaling_governor:${governor}\n` +
      `${root}/cpu${cpu}/cpufreq/scaling_min_freq:1000000\n${root}/cpu${cpu}/cpufreq/scaling_max_freq:2400000\n`;
    const facts = readFacts([
      capture(
        `grep -H '' ${root}/cpu*/cpufreq/scaling_driver ${root}/cpufreq/boost ${root}/intel_pstate/no_turbo`,
        `${line(10, 'powersave')}${line(2, 'performance')}${line(1, 'performance')}${root}/cpufreq/boost:0\n`,
      ),
    ]);
    expect(valueOf(facts.frequency)).toEqual([
      { cpus: [1, 2], driver: 'acpi-cpufreq', governor: 'performance', minHertz: 1e9, maxHertz: 2.4e9 },
      { cpus: [10], driver: 'acpi-cpufreq', governor: 'powersave', minHertz: 1e9, maxHertz: 2.4e9 },
    ]);
    expect(valueOf(facts.turbo)).toBe('off');
    expect(summaryLines(facts).find(({ key }) => key === 'cpufreq.governor')?.text).toBe(
      '1-2: performance; 10: powersave',
    );
  });

  test('time is counted in seconds, with what a hypervisor took', () => {
    const facts = readFacts([
      capture('head -n 1 /proc/stat', 'cpu  100 200 300 400 500 600 700 800 900 0\n'),
      capture('getconf CLK_TCK', '100\n'),
    ]);
    expect(valueOf(facts.cpuTimes)).toMatchObject({ user: 1, idle: 4, steal: 8, guest: 9 });
  });

  test('a unit that is missing is not installed, also where systemctl status ended with 4', () => {
    const facts = readFacts([
      capture('systemctl status numad.service ksm.service ksmtuned.service', '', {
        errors: fixture('lab-guest/svc.err.txt'),
        exitStatus: 4,
      }),
    ]);
    expect(summaryLines(facts).find(({ key }) => key === 'service.numad')?.text).toBe('not installed');
  });

  test('the emulator of a running domain that was replaced meanwhile', () => {
    const sha256 = 'a'.repeat(64);
    const facts = readFacts([
      capture('readlink /proc/571/exe', '/usr/bin/qemu-system-x86_64 (deleted)\n'),
      capture('/proc/571/exe --version', fixture('lab-host/qemu-version.txt')),
      capture('sha256sum /proc/571/exe', `${sha256}  /proc/571/exe\n`),
      capture('dpkg-query -S /usr/bin/qemu-system-x86_64', 'qemu-system-x86: /usr/bin/qemu-system-x86_64\n'),
      capture("dpkg-query -W '*qemu*'", 'qemu-system-x86\t1:7.2+dfsg-7\nqemu-kvm\t\n'),
    ]);
    expect(valueOf(facts.emulator)).toMatchObject({
      path: '/usr/bin/qemu-system-x86_64',
      source: 'process',
      replaced: true,
      version: '7.2.22',
      sha256,
      owner: 'qemu-system-x86',
    });
    expect(valueOf(facts.qemuPackages)).toEqual([{ name: 'qemu-system-x86', version: '1:7.2+dfsg-7' }]);
    expect(facts.records).toEqual([]);
  });

  test('an emulator that no package owns was built', () => {
    const path = '/opt/qemu/bin/qemu-system-x86_64';
    const facts = readFacts([
      capture(
        `virsh -r dumpxml --domain vm1 | sed -n 's:.*<emulator>\\(.*\\)</emulator>.*:\\1:p'`,
        `${path}\n`,
      ),
      capture(`${path} --version`, 'QEMU emulator version 8.2.0 (v8.2.0)\n'),
      capture(`rpm -qf ${path}`, `file ${path} is not owned by any package\n`, { exitStatus: 1 }),
    ]);
    expect(valueOf(facts.emulator)).toMatchObject({
      path,
      source: 'domain-xml',
      replaced: false,
      owner: 'built',
      sha256: null,
    });
  });

  test('a command behind sudo or a locale is the same command', () => {
    const facts = readFacts([
      capture(
        'sudo cat /proc/swaps',
        'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1  partition  2048  1024  -2\n',
      ),
      capture('LC_ALL=C sudo virsh list --all', fixture('lab-host/virsh-list.txt')),
    ]);
    expect(valueOf(facts.swaps)).toEqual([
      { file: '/dev/dm-1', kind: 'partition', sizeBytes: 2048 * 1024, usedBytes: 1024 * 1024 },
    ]);
    expect(valueOf(facts.domains)?.map(({ name }) => name)).toEqual(['g1']);
    expect(facts.records).toEqual([]);
  });

  test('what nobody asked for is a record, verbatim', () => {
    const facts = readFacts([
      capture('ipmitool sdr', 'Fan 1 | 4000 RPM\n', { exitStatus: 1, errors: 'late' }),
    ]);
    expect(facts.records).toEqual([
      { command: 'ipmitool sdr', exitStatus: 1, output: 'Fan 1 | 4000 RPM\n', errors: 'late', pairs: null },
    ]);
  });
});

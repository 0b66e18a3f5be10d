import { describe, expect, test } from 'vitest';
import { readEnvironmentText } from '../../../../src/core/facts/environmentText.ts';
import { readFacts } from '../../../../src/core/facts/facts.ts';
import { valueOf } from '../../../../src/core/facts/fact.ts';
import { readTranscript } from '../../../../src/core/facts/transcript.ts';
import { failureOf, fixture } from './fixture.ts';

const GIB = 1024 ** 3;

describe("the recipe's appendix", () => {
  test('is understood completely for the host; hostinfo is a record', () => {
    const environment = readEnvironmentText(fixture('recipe-host.txt'));
    const facts = readFacts(environment);
    expect(environment).toMatchObject({ role: 'host', takenAt: null });
    expect(environment.captures.map(({ command }) => command)).toEqual([
      'uname -r',
      'cat /etc/redhat-release',
      'hostinfo',
      'lscpu',
      'cat /proc/cmdline',
      'cat /proc/meminfo',
      'systemctl status numad.service ksm.service ksmtuned.service',
      'cat /sys/kernel/mm/transparent_hugepage/enabled',
      'rpm -qa | grep qemu',
    ]);
    expect(facts.records.map(({ command }) => command)).toEqual(['hostinfo']);
    const pairs = facts.records[0]?.pairs ?? [];
    expect(pairs).toHaveLength(25);
    expect(pairs[0]).toEqual({ key: 'ip', value: '9.32.175.116' });
    expect(pairs.find(({ key }) => key === 'type')).toEqual({ key: 'type', value: '' });
    expect(pairs.at(-1)).toEqual({ key: 'stdCpuTotal1', value: '4000' });

    expect(valueOf(facts.kernel)?.release).toBe('5.3.0-693_44');
    expect(valueOf(facts.redhatRelease)?.version).toBe('7.2');
    expect(valueOf(facts.lscpu)).toMatchObject({
      cpus: 80,
      onlineCpus: 80,
      socketCount: 2,
      hypervisor: null,
    });
    expect(valueOf(facts.lscpu)?.numaNodes.map(({ cpus }) => cpus.length)).toEqual([40, 40]);
    expect(valueOf(facts.lscpu)?.cacheBytes).toEqual({ L1d: 32768, L1i: 32768, L2: 1048576, L3: 28835840 });
    expect(valueOf(facts.cmdline)?.at(-1)).toEqual({ key: 'hugepages', value: '346' });
    expect(valueOf(facts.meminfo)).toMatchObject({
      HugePages_Total: 346,
      HugePages_Free: 46,
      Hugepagesize: GIB,
    });
    expect(valueOf(facts.meminfo)?.Hugetlb).toBe(346 * GIB);
    expect(
      valueOf(facts.services)?.map(({ unit, activeState, unitFileState }) => [
        unit,
        activeState,
        unitFileState,
      ]),
    ).toEqual([
      ['numad.service', 'inactive', 'disabled'],
      ['ksm.service', 'inactive', 'enabled'],
      ['ksmtuned.service', 'inactive', 'enabled'],
    ]);
    expect(valueOf(facts.thp)?.enabled).toBe('never');
    expect(valueOf(facts.qemuPackages)).toEqual([{ name: 'qemu-kvm', version: '2.6.0_64-K4Q.x86_64' }]);
  });

  test('is understood completely for the guest', () => {
    const environment = readEnvironmentText(fixture('recipe-guest.txt'));
    const facts = readFacts(environment);
    expect(environment.role).toBe('guest');
    expect(environment.captures).toHaveLength(6);
    expect(facts.records).toEqual([]);
    expect(valueOf(facts.redhatRelease)?.version).toBe('7.2.1511');
    expect(valueOf(facts.lscpu)).toMatchObject({ cpus: 40, socketCount: 1, hypervisor: 'KVM' });
    expect(valueOf(facts.lscpu)?.cacheBytes.L3).toBeNull();
    expect(valueOf(facts.lscpu)?.flags).toContain('avx512f');
    expect(valueOf(facts.meminfo)).toMatchObject({ HugePages_Total: 292, Hugetlb: 292 * GIB });
    expect(valueOf(facts.cmdline)?.[0]).toEqual({ key: 'BOOT_IMAGE', value: '/boot/vmlinuz-5.3.0-693_44' });
    expect(valueOf(facts.thp)?.enabled).toBe('never');
  });
});

describe('a recorded session', () => {
  test('of script(1) with colours, carriage returns, corrections and a last prompt', () => {
    const text =
      'Script started on 2026-11-23 10:00:00+00:00 [TERM="xterm"]\r\n' +
      '\u001b]0;root@lab: ~\u0007\u001b[?2004h[root@lab ~]# unx\b \bame -r\r\n\u001b[?2004l6.1.0\r\n' +
      '[root@lab ~]# cat /proc/cmdline\r\n# quiet\r\n' +
      '[root@lab ~]# hostinfo\r\n-bash: hostinfo: command not found\r\n[root@lab ~]# \r\n[root@lab ~]# exit\r\nexit\r\n' +
      '\r\nScript done on 2026-11-23 10:00:01+00:00 [COMMAND_EXIT_CODE="0"]\r\n';
    const { host, captures } = readTranscript(text);
    expect(host).toBe('lab');
    expect(captures.map(({ command }) => command)).toEqual(['uname -r', 'cat /proc/cmdline', 'hostinfo']);
    expect(captures.map(({ output }) => output)).toEqual([
      '6.1.0\n',
      '# quiet\n',
      '-bash: hostinfo: command not found\n',
    ]);
    expect(captures.every(({ exitStatus }) => exitStatus === null)).toBe(true);
  });

  test('with Debian prompts', () => {
    const { host, captures } = readTranscript(
      'me@box:~$ uname -r\n6.1.0\nroot@box:/srv/a b# nproc\n4\nroot@box:/srv# nproc\n4\n',
    );
    expect(host).toBe('box');
    expect(captures[0]).toMatchObject({ command: 'uname -r' });
    expect(captures.at(-1)).toMatchObject({ command: 'nproc', output: '4\n' });
  });

  test('with bare prompts keeps comments of a kernel configuration as output', () => {
    const config =
      '#\n# Automatically generated file; DO NOT EDIT.\n#\nCONFIG_HZ=250\n# CONFIG_NUMA is not set\n# end of General setup\n';
    const environment = readEnvironmentText(`# cat /boot/config-5.3.0\n${config}\n# uname -r\n5.3.0\n#\n`);
    const facts = readFacts(environment);
    expect(environment.captures).toHaveLength(2);
    expect(valueOf(facts.kernelConfig)).toMatchObject({
      path: '/boot/config-5.3.0',
      count: 1,
      options: { CONFIG_HZ: '250', CONFIG_NUMA: 'n' },
    });
    expect(valueOf(facts.kernel)?.release).toBe('5.3.0');
  });

  test('says why a file is missing', () => {
    const { captures } = readTranscript(
      '# cat /etc/redhat-release\ncat: /etc/redhat-release: No such file or directory\n# java -version\nsh: java: command not found\n',
    );
    const facts = readFacts(captures);
    expect(facts.redhatRelease).toMatchObject({ state: 'unavailable', why: 'missing' });
    expect(facts.java).toMatchObject({ state: 'unavailable', why: 'missing' });
    expect(facts.records).toEqual([]);
  });

  test.each(['', 'just text\n', '# 1. A heading\n\nwords\n'])('is not seen in %j', (text) => {
    expect(failureOf(() => readTranscript(text)).reason).toBe('not-understood');
  });
});

describe('an environment as JSON', () => {
  const whole = {
    format: 'kvm-parity-environment',
    formatVersion: 1,
    machine: 'r1',
    role: 'host',
    takenAt: '2026-11-23T10:00:00Z',
    captures: [{ command: 'uname -r', output: '5.3.0\n', errors: '', exitStatus: 0 }],
  };

  test('is read as it was written', () => {
    expect(readEnvironmentText(JSON.stringify(whole))).toEqual(whole);
  });

  test('of a newer format is refused with both versions', () => {
    const text = JSON.stringify({ ...whole, formatVersion: 2, captures: 'elsewhere' });
    expect(failureOf(() => readEnvironmentText(text))).toEqual({
      reason: 'environment-newer',
      data: { found: 2, known: 1 },
    });
  });

  test('that is damaged is refused with line and column', () => {
    const text = '{\n  "format": "kvm-parity-environment",\n  "formatVersion": x\n}';
    expect(failureOf(() => readEnvironmentText(text))).toMatchObject({
      reason: 'json-damaged',
      data: { line: 3, column: 20 },
    });
    expect(failureOf(() => readEnvironmentText('{\n"format": '))).toMatchObject({
      reason: 'json-damaged',
      data: { line: 2 },
    });
  });

  test('of another shape is refused with the path', () => {
    const text = JSON.stringify({ ...whole, captures: [{ command: 'uname -r' }] });
    expect(failureOf(() => readEnvironmentText(text))).toMatchObject({
      reason: 'environment-invalid',
      data: { path: 'captures.0.output' },
    });
    expect(failureOf(() => readEnvironmentText('{"a": 1}')).reason).toBe('environment-invalid');
  });
});

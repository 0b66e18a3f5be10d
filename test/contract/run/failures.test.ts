import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { twoMachines, type TwoMachines } from '../../support/experiment.ts';

let lab: TwoMachines;
let mounted: string[] = [];
afterEach(async () => {
  for (const directory of mounted) await execa('umount', ['-l', directory], { reject: false });
  mounted = [];
  await lab.stop();
});

/** Mounting needs root; elsewhere those tests are skipped, visibly. */
const canMount =
  userInfo().uid === 0 &&
  (await execa('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { reject: false }))
    .exitCode === 0;

/** A small file system at `directory`, unmounted before the lab stops. */
async function smallDisk(directory: string, size: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', directory]);
  mounted.push(directory);
}

/** Takes all the space that is left. */
async function fill(directory: string): Promise<string> {
  const file = join(directory, 'ballast');
  await execa('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096'], { reject: false });
  return file;
}

/**
 * A directory whose `java` is a script: what it does before (and instead of) the real one is `body`. It counts its
 * workload runs in the file `count`.
 */
async function javaInTheWay(body: string): Promise<{ readonly path: string; readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'kvmp-java-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const java = join(directory, 'java');
  await writeFile(
    java,
    `#!/bin/sh
case " $* " in *" Warehouse "*) ;; *) exec /usr/bin/java "$@" ;; esac
echo run >> "${directory}/count"
count=$(wc -l < "${directory}/count")
${body}
exec /usr/bin/java "$@"
`,
  );
  await chmod(java, 0o755);
  return {
    path: `SetEnv PATH=${directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    directory,
  };
}

describe('machines that cannot be used', () => {
  it('say that nothing listens there', async () => {
    lab = await twoMachines();
    await lab.guest.halt();
    const result = await lab.cli('run', 'loopback', '--yes');
    expect(result.stderr).toMatch(/vm1.*\[unreachable\]/s);
    expect(result.exitCode).toBe(1);
  });

  it('are refused when the host key changed, with both fingerprints, file and line', async () => {
    lab = await twoMachines();
    await lab.host.rekeyHost();
    const result = await lab.cli('probe', 'r1');
    expect(result.stderr).toContain('[host-key-changed]');
    expect(new Set(result.stderr.match(/SHA256:[A-Za-z0-9+/]+/g)).size).toBe(2);
    expect(result.stderr).toMatch(/known_hosts\S*(:1| line 1|, line 1)/);
    expect(result.exitCode).toBe(1);
  });

  it('are refused when nobody can say that an unknown host key is right', async () => {
    lab = await twoMachines();
    await lab.host.rekeyHost();
    const config = await readFile(lab.sshConfig, 'utf8');
    for (const [, file] of config.matchAll(/UserKnownHostsFile\s+"?([^"\n]+)"?/g)) await writeFile(file!, '');
    const result = await lab.cli('probe', 'r1');
    expect(result.stderr).toContain('[host-key-unknown]');
    expect(result.exitCode).toBe(1);
  });
});

describe('a JVM that dies in the middle', () => {
  it('is on record as failed, is repeated by the rule, and both attempts are in the report', async () => {
    const java = await javaInTheWay(
      'if [ "$count" -eq 1 ]; then /usr/bin/java "$@" & sleep 1; kill -9 $!; kill -9 $$; fi',
    );
    lab = await twoMachines({ trials: 1, retries: 1, sshd: [java.path] });
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.exitCode).toBe(0);
    const { trials } = await lab.state();
    expect(trials.map(({ side, attempt, status }) => `${side} ${attempt} ${status}`)).toEqual([
      'host 1 failed',
      'host 2 ok',
      'guest 1 ok',
    ]);
    expect(trials[0]?.result?.score ?? null).toBeNull();
    const report = await lab.cli('report', 'latest', '--format', 'json');
    const attempts = (JSON.parse(report.stdout) as { trials: { status: string; counted: boolean }[] }).trials;
    expect(attempts.map(({ status, counted }) => `${status} ${counted}`)).toEqual([
      'failed false',
      'ok true',
      'ok true',
    ]);
  });

  it('never gives a score, and without a valid trial on a side nothing is compared: exit code 3', async () => {
    const java = await javaInTheWay('exit 134');
    lab = await twoMachines({ trials: 1, retries: 0, sshd: [java.path] });
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.exitCode).toBe(3);
    const { trials, status } = await lab.state();
    expect(status).toBe('completed');
    expect(trials.map((trial) => trial.status)).toEqual(['failed', 'failed']);
    const again = await lab.cli('run', 'loopback', '--resume');
    expect(again.stderr).toContain('[nothing-to-resume]');
    expect(again.exitCode).toBe(2);
  });

  it('is seen also when the run ends normally: a thread that died makes the trial invalid', async () => {
    const java = await javaInTheWay(
      `/usr/bin/java "$@" | sed '/POINT-RESULT/{x;s/^/x/;/^xx$/{s/.*/Exception in thread "warehouse-2" java.lang.RuntimeException: boom/;p;s/.*/xx/};x}'; exit 0`,
    );
    lab = await twoMachines({ trials: 1, retries: 0, sshd: [java.path] });
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    const { trials } = await lab.state();
    expect(trials.map((trial) => trial.status)).toEqual(['invalid', 'invalid']);
    expect(trials[0]?.result?.problems.map(({ code }) => code)).toContain('thread-died');
    expect(result.exitCode).toBe(3);
  });
});

describe.skipIf(!canMount)('a full disk', () => {
  it('on a machine is named, and the run goes on when there is room again', async () => {
    lab = await twoMachines({ trials: 1 });
    await smallDisk(lab.stateOf.host, '4m');
    const ballast = await fill(lab.stateOf.host);
    const full = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toMatch(/No space|disk|space/i);
    expect((await lab.state()).failure?.reason).toBe('disk-full');
    await rm(ballast);
    const resumed = await lab.cli('run', 'loopback', '--resume');
    expect(resumed.exitCode).toBe(0);
  });

  it('on the controller stops the run, not the job; resumed, nothing is lost', async () => {
    lab = await twoMachines({ trials: 1 });
    await smallDisk(join(lab.root, '.kvm-parity'), '8m');
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', (events) =>
      events.some((event) => event.kind === 'job-started' && event.step.includes('trial-1')),
    );
    const ballast = await fill(join(lab.root, '.kvm-parity'));
    const stopped = await running;
    expect(stopped.exitCode).toBe(1);
    expect(stopped.stderr).toContain('No space left on this machine');
    await rm(ballast);
    const resumed = await lab.cli('run', 'loopback', '--resume');
    expect(resumed.stderr).toContain('run completed');
    expect(resumed.exitCode).toBe(0);
    expect((await lab.state()).trials.map(({ attempt, status }) => `${attempt} ${status}`)).toEqual([
      '1 ok',
      '1 ok',
    ]);
  });
});

describe('a journal', () => {
  it('whose last line is torn loses only that line, and says so', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', (events) =>
      events.some((event) => event.kind === 'job-started' && event.step.includes('trial-1')),
    );
    await lab.killRunner();
    await running;
    await appendFile(
      join(await lab.latest(), 'journal.jsonl'),
      '{"at":"2026-01-01T00:00:00.000Z","kind":"step-en',
    );
    const resumed = await lab.cli('run', 'loopback', '--resume');
    expect(resumed.stderr).toContain('torn');
    expect(resumed.exitCode).toBe(0);
    expect((await lab.events()).some((event) => event.kind === 'torn-line-dropped')).toBe(true);
  });

  it('of a newer version is refused, not guessed at', async () => {
    lab = await twoMachines({ trials: 1 });
    await lab.cli('run', 'loopback', '--quick', '--yes', '--stage', 'probe');
    const file = join(await lab.latest(), 'journal.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"formatVersion":1', '"formatVersion":2'));
    const result = await lab.cli('status', 'latest');
    expect(result.stderr).toContain('[format-newer]');
    expect(result.exitCode).toBe(2);
  });
});

describe('an approval', () => {
  it('is needed: without --yes and without a terminal nothing happens', async () => {
    lab = await twoMachines({ trials: 1 });
    const result = await lab.cli('run', 'loopback', '--quick');
    expect(result.stderr).toContain('[not-approved]');
    expect(result.exitCode).toBe(2);
    await expect(lab.latest()).rejects.toThrow('there is no run');
  });
});

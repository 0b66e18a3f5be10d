import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { jobsOf } from '../../../src/remote/job/jobs.ts';
import type { JobRef } from '../../../src/remote/jobs.ts';
import { eventually } from '../../support/sshd.ts';
import { canMakeUsers } from '../../support/users.ts';
import { rows, shimmedStage, ssh2Stage } from './adapters.ts';
import { fieldsOf, isAlive, type JobHarness, processesIn, useJobs, wordsOf } from './jobHarness.ts';
import { never, script } from './scripts.ts';

const chosen = rows.filter(({ name, skip }) => !skip && !/zsh|jump/.test(name));

/** Signals the first processes of a job: its wrapper (`pid`), its script (`group`). */
async function signal(directory: string, how: NodeJS.Signals, ...files: readonly ('pid' | 'group')[]) {
  for (const file of files) process.kill(Number((await wordsOf(join(directory, file)))[0]), how);
}

const isUp = (directory: string): Promise<void> =>
  eventually('it is up', async () => (await readFile(join(directory, 'log'), 'utf8')) === 'up\n');

const isOver = (on: JobHarness, job: JobRef): Promise<void> =>
  eventually('it is over', async () => (await on.jobs.state(job, never())).state !== 'running');

describe.each(chosen)('jobs that are lost: $name', ({ setUp }) => {
  const on = useJobs(setUp);
  const { begin, directory, follow } = on;

  it('notices at once that the wrapper was killed', async () => {
    const job = await begin('echo up; exec sleep 600');
    const [wrapper = ''] = (await readFile(join(directory(job), 'pid'), 'utf8')).split(' ');
    const chunks: string[] = [];
    const following = on.jobs.follow(job, {
      signal: never(),
      offset: 0,
      onBytes: (chunk) => void chunks.push(Buffer.from(chunk).toString()),
    });
    await eventually('it is followed', () => chunks.join('') === 'up\n');
    process.kill(Number(wrapper), 'SIGKILL');
    expect(await following).toEqual({ state: 'lost', because: 'killed', logBytes: 3 });
    await on.jobs.remove(job, never());
  });

  it('ends the script of a killed wrapper before it calls the job lost, and brings its last words', async () => {
    const job = await begin('trap "echo bye; exit" TERM; echo up; sleep 600 & wait; echo never');
    await killWrapper(job);
    expect(await on.jobs.state(job, never())).toMatchObject({ state: 'lost', because: 'killed' });
    const [leader = ''] = (await readFile(join(directory(job), 'group'), 'utf8')).split(' ');
    expect(await isAlive(leader)).toBe(true);
    expect(await follow(job)).toEqual({
      log: 'up\nbye\n',
      state: { state: 'lost', because: 'killed', logBytes: 7 },
    });
    expect(await isAlive(leader)).toBe(false);
    expect((await processesIn(directory(job))).map(({ name }) => name)).toEqual([]);
  });

  /** kill -9 of a job's wrapper, once its script runs. */
  const killWrapper = async (job: JobRef): Promise<void> => {
    await isUp(directory(job));
    const [wrapper = ''] = await wordsOf(join(directory(job), 'pid'));
    process.kill(Number(wrapper), 'SIGKILL');
    await eventually('it is gone', async () => !(await isAlive(wrapper)));
  };

  /** Makes a job one of an earlier boot, as far as its files say. */
  const bootAgain = async (job: JobRef): Promise<void> => {
    const file = join(directory(job), 'pid');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/[0-9a-f]{8}-/, '00000000-'));
  };

  it('calls a job that an orderly reboot ended lost, and one that was cancelled before it cancelled', async () => {
    const [rebooted, cancelled, failed] = [
      await begin('echo up; exec sleep 600'),
      await begin('echo up; exec sleep 600'),
      await begin('echo up; trap "exit 3" TERM; sleep 600 & wait'),
    ];
    await on.jobs.cancel(cancelled, { graceSeconds: 5, signal: never() });
    for (const job of [rebooted, failed]) {
      await isUp(directory(job));
      // As a shutdown does it: TERM to all.
      await signal(directory(job), 'SIGTERM', 'pid', 'group');
      await isOver(on, job);
    }
    // The machine is still up: perhaps it was no shutdown.
    expect(await follow(rebooted)).toMatchObject({ state: { state: 'exited', exitStatus: 143 } });
    for (const job of [rebooted, cancelled, failed]) await bootAgain(job);
    expect(await follow(rebooted)).toEqual({
      log: 'up\n',
      state: { state: 'lost', because: 'reboot', logBytes: 3 },
    });
    expect(await on.jobs.state(cancelled, never())).toMatchObject({ state: 'exited', exitStatus: 143 });
    expect(await on.jobs.state(failed, never())).toMatchObject({ state: 'exited', exitStatus: 3 });
  });

  it('calls a job lost by a reboot whose files a power cut emptied', async () => {
    const job = await begin('echo up; exec sleep 600');
    const [leader = ''] = await wordsOf(join(directory(job), 'group'));
    await killWrapper(job);
    process.kill(Number(leader), 'SIGKILL');
    for (const content of ['', '\n', '\0'.repeat(60), '12', '12 34 6c54']) {
      await writeFile(join(directory(job), 'pid'), content);
      await writeFile(join(directory(job), 'status'), content.split(' ')[0] ?? '');
      expect(await follow(job)).toMatchObject({ state: { state: 'lost', because: 'reboot' } });
      expect(await on.jobs.cancel(job, { graceSeconds: 1, signal: never() })).toMatchObject({
        state: 'lost',
      });
      expect(await on.jobs.start(job, script('echo again'), never())).toEqual({
        state: 'exists',
        pid: 0,
        bootId: '00000000-0000-0000-0000-000000000000',
      });
    }
    await rm(join(directory(job), 'log'));
    expect(await follow(job)).toMatchObject({ state: { state: 'lost', because: 'reboot', logBytes: 0 } });
    await on.jobs.remove(job, never());
    expect(await on.jobs.state(job, never())).toEqual({ state: 'absent' });
  });

  it('cancels a job whose script has only just begun', async () => {
    const job = await begin('exec sleep 600');
    const group = join(directory(job), 'group');
    await wordsOf(group);
    // As between the start and the first words of the script's process.
    await rename(group, `${group}.later`);
    const cancelling = on.jobs.cancel(job, { graceSeconds: 5, signal: never() });
    await eventually('it waits', async () =>
      (await processesIn(directory(job))).some(({ name }) => name === 'sleep' || name === 'cat'),
    );
    await rename(`${group}.later`, group);
    expect(await cancelling).toMatchObject({ state: 'exited', exitStatus: 143 });
  });

  it('recognises a job of another boot, and touches no process for it', async () => {
    const job = await begin('exec sleep 600');
    await wordsOf(join(directory(job), 'group'));
    const file = join(directory(job), 'pid');
    const pid = await readFile(file, 'utf8');
    await writeFile(file, pid.replace(/[0-9a-f]{8}-/, '00000000-'));
    expect(await on.jobs.state(job, never())).toEqual({ state: 'lost', because: 'reboot', logBytes: 0 });
    expect(await on.jobs.cancel(job, { graceSeconds: 0, signal: never() })).toMatchObject({
      because: 'reboot',
    });
    const [leader = ''] = (await readFile(join(directory(job), 'group'), 'utf8')).split(' ');
    expect(await isAlive(leader)).toBe(true);
    // A number that is another process's by now.
    await writeFile(file, pid.replace(/ \d+ /, ' 1 '));
    expect(await on.jobs.state(job, never())).toEqual({ state: 'lost', because: 'killed', logBytes: 0 });
    await writeFile(file, pid);
    await on.jobs.cancel(job, { graceSeconds: 5, signal: never() });
  });
});

describe.skipIf(!canMakeUsers())('a job whose processes cannot be ended', () => {
  it('is not called lost when its wrapper was killed: its process group is named', async () => {
    // Nobody waits for long: that takes `sleep`, which is a stub for this user.
    const stage = await ssh2Stage({ label: 'left', shell: 'bash', startup: 'PATH=$HOME/bin:$PATH\n' });
    const bin = join(stage.stateDirectory('login'), '../bin');
    await execa('sh', ['-c', 'mkdir "$BIN"; ln -s /bin/true "$BIN/sleep"'], { env: { BIN: bin } });
    // As a process of root that the script started.
    const foreign = execa('sleep', ['600'], { detached: true, reject: false });
    const transport = stage.connect();
    try {
      const jobs = jobsOf(transport);
      const job: JobRef = { id: 'left', as: 'login' };
      await jobs.start(job, script('echo up; exec /bin/sleep 600'), never());
      const directory = join(stage.stateDirectory('login'), 'jobs/left');
      await eventually('it is up', async () => (await readFile(join(directory, 'log'), 'utf8')) === 'up\n');
      const { pid: stranger = 0 } = foreign;
      const startTime = (await fieldsOf(String(stranger)))[19] ?? '';
      await writeFile(join(directory, 'group'), `${stranger} ${startTime}\n`);
      process.kill(Number((await readFile(join(directory, 'pid'), 'utf8')).split(' ')[0]), 'SIGKILL');
      const follow = () => jobs.follow(job, { signal: never(), offset: 0, onBytes: () => undefined });
      await expect(follow()).rejects.toMatchObject({
        reason: 'script-failed',
        data: { text: `process group ${stranger} lives on after KILL\n` },
      });
      foreign.kill('SIGKILL');
      await foreign;
      expect(await follow()).toMatchObject({ state: 'lost', because: 'killed' });
    } finally {
      foreign.kill('SIGKILL');
      await transport.close();
      await stage.remove();
    }
  });
});

describe('a job on a machine that goes down', () => {
  const on = useJobs(() => shimmedStage({ systemctl: '#!/bin/sh\necho stopping\nexit 1\n' }));

  it('is lost as soon as the shutdown has ended its script', async () => {
    const [told, cancelled] = [await on.begin('echo up; exec sleep 600'), await on.begin('exec sleep 600')];
    await isUp(on.directory(told));
    await signal(on.directory(told), 'SIGTERM', 'pid', 'group');
    await isOver(on, told);
    expect(await on.follow(told)).toMatchObject({ log: 'up\n', state: { state: 'lost', because: 'reboot' } });
    expect(await on.jobs.cancel(cancelled, { graceSeconds: 5, signal: never() })).toMatchObject({
      state: 'exited',
      exitStatus: 143,
    });
  });
});

describe('a wrapper that is killed before its script begins', () => {
  const on = useJobs(() => shimmedStage({}));

  it('leaves a lost job, and nothing to end', async () => {
    const job = await on.begin('echo up; exec sleep 600');
    await isUp(on.directory(job));
    await signal(on.directory(job), 'SIGKILL', 'pid', 'group');
    await rm(join(on.directory(job), 'group'));
    expect(await on.follow(job)).toMatchObject({ state: { state: 'lost', because: 'killed' } });
  });
});

describe('a script that a signal ends at once, where sh is bash', () => {
  // The wrapper answers with the content of `pid`: it is held up for long enough that bash sees the script's end.
  const cat = '#!/bin/dash\n[ "$*" != pid ] || sleep 0.5\nexec /bin/cat "$@"\n';
  const on = useJobs(() => shimmedStage({ cat, sh: '/bin/bash' }));

  it('is no part of the answer to its start', async () => {
    const job = await on.begin('kill -s SEGV $$');
    expect((await on.follow(job)).state).toMatchObject({ state: 'exited', exitStatus: 139 });
  });
});

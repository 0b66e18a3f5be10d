import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/remote/error.ts';
import { jobsOf } from '../../../src/remote/job/jobs.ts';
import type { JobRef, JobState } from '../../../src/remote/jobs.ts';
import { eventually } from '../../support/sshd.ts';
import { canMakeUsers } from '../../support/users.ts';
import { connectLocal, rows } from './adapters.ts';
import { isAlive, type Process, processesIn, stateOf, useJobs } from './jobHarness.ts';
import { never, script } from './scripts.ts';

const chosen = rows.filter(({ name, skip }) => !skip && !/zsh|jump/.test(name));

describe.each(chosen)('jobs: $name', ({ setUp }) => {
  const on = useJobs(setUp);
  const { begin, directory, follow } = on;
  let gatePath = '';
  afterEach(async () => {
    if (gatePath !== '') await rm(join(gatePath, '..'), { recursive: true, force: true });
    gatePath = '';
  });

  it('runs a script to its end, as either user, and gives log, status and outputs', async () => {
    for (const as of ['login', 'root'] as const) {
      const job = await begin(
        'set -eu\nid -u\ncat\npwd -P\necho err >&2\nprintf "ADDRESS=%s\\n" "$A" >>"$OUTPUTS"\nexit 7\n',
        { A: 'x=y "z"' },
        as,
      );
      const { log, state } = await follow(job);
      expect(log).toBe(`${as === 'root' ? 0 : on.stage.uid}\n${directory(job)}\nerr\n`);
      expect(state).toMatchObject({
        state: 'exited',
        exitStatus: 7,
        logBytes: Buffer.byteLength(log),
        outputs: { ADDRESS: 'x=y "z"' },
        badOutput: null,
      });
      expect(await on.jobs.state(job, never())).toEqual(state);
      // Following what is over gives the same, from any byte on.
      expect(await follow(job, 3)).toEqual({ log: log.slice(3), state });
      await on.jobs.remove(job, never());
      expect(await on.jobs.state(job, never())).toEqual({ state: 'absent' });
      expect(await follow(job)).toEqual({ log: '', state: { state: 'absent' } });
    }
  });

  it('delivers every byte of the log once while connections are cut', async () => {
    const job = await begin(
      'i=0\nwhile [ "$i" -lt 100000 ]; do\n  echo "line $i 東京 🚀"\n  i=$((i + 1))\n  [ $((i % 10000)) -ne 0 ] || read -r _ <"$GATE"\ndone\nexit 9\n',
      { GATE: await gateFor() },
    );
    const hash = createHash('sha256');
    let offset = 0;
    let cuts = 0;
    let nextCut = 100_000;
    let state: JobState | undefined;
    let cutting: Promise<void> | undefined;
    const gate = await openGate();
    while (!state) {
      const abort = new AbortController();
      await cutting;
      try {
        state = await on.jobs.follow(job, {
          signal: abort.signal,
          offset,
          onBytes: (chunk) => {
            hash.update(chunk);
            offset += chunk.length;
            gate.open(offset);
            if (offset < nextCut) return;
            nextCut = offset + 200_000;
            cuts += 1;
            if (on.stage.cutConnections) cutting = on.stage.cutConnections();
            else abort.abort();
          },
        });
      } catch (error) {
        if (!TransportError.is(error, 'connection-lost', 'cancelled', 'unreachable')) throw error;
      }
    }
    await gate.close();
    const log = await readFile(join(directory(job), 'log'));
    expect(log.length).toBe(offset);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(log).digest('hex'));
    expect(log.toString().split('\n')).toHaveLength(100_001);
    expect(state).toMatchObject({ state: 'exited', exitStatus: 9, logBytes: offset });
    expect(cuts).toBeGreaterThan(8);
    await eventually('no follower is left', async () => (await processesIn(directory(job))).length === 0);
  });

  /** A FIFO through which the test lets the job go on, so that cuts happen in the middle of its life. */
  const gateFor = async (): Promise<string> => {
    const parent = await mkdtemp(join(tmpdir(), 'kvmp-gate-'));
    await execa('chmod', ['0711', parent]);
    gatePath = join(parent, 'gate');
    await execa('mkfifo', ['-m', '0666', gatePath]);
    return gatePath;
  };
  const openGate = async (): Promise<{ open: (bytes: number) => void; close: () => Promise<void> }> => {
    const keeper = execa('sh', ['-c', 'exec cat 1<>"$GATE"'], { env: { GATE: gatePath }, stdin: 'pipe' });
    let passed = 0;
    await Promise.resolve();
    return {
      open: (bytes) => {
        // A little less than 10,000 lines each.
        while (bytes > (passed + 1) * 200_000 && passed < 10) {
          passed += 1;
          keeper.stdin.write('\n');
        }
      },
      close: async () => {
        keeper.stdin.end();
        await keeper;
      },
    };
  };

  it('starts a job once, also when asked twice at the same time', async () => {
    const job: JobRef = { id: 'once', as: 'login' };
    const call = script('echo run; exec sleep 600');
    const starts = await Promise.all([1, 2, 3].map(() => on.jobs.start(job, call, never())));
    expect(starts.map(({ state }) => state).sort()).toEqual(['exists', 'exists', 'started']);
    expect(new Set(starts.map(({ pid }) => pid)).size).toBe(1);
    await on.reconnect();
    expect(await on.jobs.start(job, call, never())).toEqual({ ...starts[0], state: 'exists' });
    await expect(on.jobs.remove(job, never())).rejects.toMatchObject({ data: { text: 'running' } });
    expect(await on.jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({
      state: 'exited',
      exitStatus: 143,
    });
    expect(await on.jobs.start(job, call, never())).toMatchObject({ state: 'exists' });
    expect((await follow(job)).log).toBe('run\n');
  });

  it('repairs a start that was interrupted', async () => {
    const job: JobRef = { id: 'half', as: 'login' };
    const { stateDirectory } = await on.transport.identity('login', never());
    const make = 'mkdir -p "$D/jobs/half"; cd "$D/jobs/half"; echo half >script; : >log; : >wrapper';
    await on.transport.exec(script(make, { D: stateDirectory }), { signal: never() });
    expect(await on.jobs.state(job, never())).toEqual({ state: 'absent' });
    expect(await on.jobs.start(job, script('echo whole'), never())).toMatchObject({ state: 'started' });
    expect(await follow(job)).toMatchObject({ log: 'whole\n', state: { exitStatus: 0 } });
  });

  it('cancels a whole tree of processes', async () => {
    const job = await begin(
      'echo $$\nsh -c "echo \\$\\$; sleep 600 & echo \\$!; wait" &\nsh -c "echo \\$\\$; exec sleep 600"\n',
    );
    const log = join(directory(job), 'log');
    await eventually('4 processes run', async () => /^(\d+\n){4}$/.test(await readFile(log, 'utf8')));
    const pids = (await readFile(log, 'utf8')).trim().split('\n');
    expect(await on.jobs.cancel(job, { graceSeconds: 10, signal: never() })).toMatchObject({
      exitStatus: 143,
    });
    await eventually('all are gone', async () =>
      (await Promise.all(pids.map(isAlive))).every((alive) => !alive),
    );
  });

  it('kills what ignores TERM, with status 137', async () => {
    const job = await begin('trap "" TERM\necho up\nwhile :; do sleep 600; done\n');
    await eventually('it runs', async () => (await readFile(join(directory(job), 'log'), 'utf8')) === 'up\n');
    expect(await on.jobs.cancel(job, { graceSeconds: 0.2, signal: never() })).toMatchObject({
      state: 'exited',
      exitStatus: 137,
    });
  });

  it('reports the signal that ended a script', async () => {
    const job = await begin('kill -s SEGV $$');
    expect((await follow(job)).state).toMatchObject({ state: 'exited', exitStatus: 139 });
  });

  it('follows jobs that end while the follower starts', async () => {
    for (let times = 0; times < 20; times += 1) {
      const job = await begin('echo "$N"; sleep "0.0$N"', { N: times % 10 });
      expect(await follow(job)).toMatchObject({ log: `${times % 10}\n`, state: { exitStatus: 0 } });
    }
  });

  it('keeps the status when the wrapper is told to end, as in a shutdown', async () => {
    const job = await begin('echo up; read -r _ <"$GATE"; exit 5', { GATE: await gateFor() });
    const [wrapper = ''] = (await readFile(join(directory(job), 'pid'), 'utf8')).split(' ');
    for (let times = 0; times < 3; times += 1) process.kill(Number(wrapper), 'SIGTERM');
    expect(await on.jobs.state(job, never())).toMatchObject({ state: 'running' });
    await writeFile(gatePath, '\n');
    expect(await follow(job)).toMatchObject({ log: 'up\n', state: { exitStatus: 5 } });
  });

  it('names the first line of the outputs that it cannot read, and gives the others', async () => {
    for (const status of [0, 1]) {
      const job = await begin('printf "A=1\\nbad line\\nC=3\\nB=cut off" >>"$OUTPUTS"; exit "$N"', {
        N: status,
      });
      const expected = { exitStatus: status, outputs: { A: '1', C: '3' }, badOutput: 'bad line' };
      expect((await follow(job)).state).toMatchObject(expected);
      expect((await follow(job)).state).toMatchObject(expected);
    }
    const endless = await begin('printf "A=1\\n%5000000s\\n" "" >>"$OUTPUTS"');
    expect((await follow(endless)).state).toMatchObject({
      outputs: { A: '1' },
      badOutput: ' '.repeat(500),
    });
  });

  it('counts the reserved blocks as free for root alone', async () => {
    for (const as of ['login', 'root'] as const) {
      const job = await begin('exit 0', {}, as);
      const { state } = await follow(job);
      const { bavail, bfree, bsize } = await statfs(directory(job));
      // Others write to that file system, too; the reserve is some percent of it.
      const isRoot = as === 'root' || on.stage.uid === 0;
      const [wanted, other] = isRoot ? [bfree, bavail] : [bavail, bfree];
      const found = state.state === 'exited' ? state.freeBytes / bsize : 0;
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.abs(found - other));
    }
  });

  it.each(['login', 'root'] as const)('does nothing while a job of %s is silent', async (as) => {
    const job = await begin('echo up; exec cat <>"$GATE"', { GATE: await gateFor() }, as);
    const chunks: string[] = [];
    const abort = new AbortController();
    const following = on.jobs.follow(job, {
      signal: abort.signal,
      offset: 0,
      onBytes: (chunk) => void chunks.push(Buffer.from(chunk).toString()),
    });
    following.catch(() => undefined);
    await eventually('it is followed', () => chunks.join('') === 'up\n');
    let ours: readonly Process[] = [];
    await eventually('two watchers, tail, their shell, and the wrapper', async () => {
      ours = await processesIn(directory(job));
      return ours.filter(({ name }) => name === 'sh').length === 4;
    });
    const names = ours.map(({ name }) => name).filter((name) => !/^(fish|sudo)$/.test(name));
    expect(names.sort()).toEqual(['cat', 'sh', 'sh', 'sh', 'sh', 'tail']);
    // Sleeping in the kernel without a timer: woken by inotify, a FIFO's end, a child.
    await eventually('all sleep', async () =>
      (await Promise.all(ours.map(({ pid }) => stateOf(pid)))).every((state) => state === 'S'),
    );
    abort.abort();
    await expect(following).rejects.toMatchObject({ reason: 'cancelled' });
    await eventually('the follower ends with its channel', async () =>
      (await processesIn(directory(job))).every(({ name }) => name !== 'tail'),
    );
    expect(await on.jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({
      exitStatus: 143,
    });
  });
});

describe.skipIf(!canMakeUsers())('a full disk', () => {
  it('loses neither the exit status nor the explanation, and refuses a new job', async ({ skip }) => {
    const parent = await mkdtemp(join(tmpdir(), 'kvmp-full-'));
    const { exitCode } = await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'kvmp-test', parent], {
      reject: false,
    });
    if (exitCode !== 0) return skip('no tmpfs can be mounted here');
    const transport = connectLocal(join(parent, 'state'));
    try {
      const jobs = jobsOf(transport);
      const job: JobRef = { id: 'filler', as: 'login' };
      await jobs.start(job, script('cat /dev/zero >filling; yes; exit 11'), never());
      let bytes = 0;
      const state = await jobs.follow(job, {
        signal: never(),
        offset: 0,
        onBytes: (chunk) => void (bytes += chunk.length),
      });
      expect(state).toMatchObject({ state: 'exited', exitStatus: 11, freeBytes: 0, logBytes: bytes });
      await expect(jobs.start({ ...job, id: 'next' }, script('echo next'), never())).rejects.toMatchObject({
        reason: 'disk-full',
        data: { where: 'target' },
      });
      await jobs.remove(job, never());
      expect(await jobs.start({ ...job, id: 'next' }, script('echo next'), never())).toMatchObject({
        state: 'started',
      });
      expect(
        await jobs.follow({ ...job, id: 'next' }, { signal: never(), offset: 0, onBytes: () => undefined }),
      ).toMatchObject({ exitStatus: 0, logBytes: 5 });
    } finally {
      await transport.close();
      await execa('umount', [parent]);
      await rm(parent, { recursive: true });
    }
  });
});

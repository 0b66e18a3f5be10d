import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/remote/error.ts';
import { jobsOf } from '../../../src/remote/job/jobs.ts';
import type { JobRef, Jobs, JobState } from '../../../src/remote/jobs.ts';
import type { RunAs, Transport } from '../../../src/remote/transport.ts';
import { eventually } from '../../support/sshd.ts';
import { canMakeUsers } from '../../support/users.ts';
import { connectLocal, rows, type Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

const chosen = rows.filter(({ name, skip }) => !skip && !/zsh|jump/.test(name));

describe.each(chosen)('jobs: $name', ({ setUp }) => {
  let stage: Stage;
  let transport: Transport;
  let jobs: Jobs;
  let count = 0;
  let gatePath = '';

  beforeAll(async () => {
    stage = await setUp();
  });
  afterAll(() => stage.remove());
  beforeEach(() => {
    transport = stage.connect();
    jobs = jobsOf(transport);
  });
  afterEach(async () => {
    await transport.close();
    if (gatePath !== '') await rm(join(gatePath, '..'), { recursive: true, force: true });
    gatePath = '';
  });

  const begin = async (text: string, values = {}, as: RunAs = 'login'): Promise<JobRef> => {
    count += 1;
    const job: JobRef = { id: `measure/trial ${count}`, as };
    expect(await jobs.start(job, script(text, values, as), never())).toMatchObject({ state: 'started' });
    return job;
  };
  const directory = (job: JobRef): string =>
    join(stage.stateDirectory(job.as), 'jobs', job.id.replace('/', '%2F').replace(' ', '%20'));
  /** The log as a follower gets it, with what became of the job. */
  const follow = async (job: JobRef, offset = 0): Promise<{ log: string; state: JobState }> => {
    const chunks: Uint8Array[] = [];
    const state = await jobs.follow(job, {
      signal: never(),
      offset,
      onBytes: (chunk) => void chunks.push(Buffer.from(chunk)),
    });
    return { log: Buffer.concat(chunks).toString(), state };
  };

  it('runs a script to its end, as either user, and gives log, status and outputs', async () => {
    for (const as of ['login', 'root'] as const) {
      const job = await begin(
        'set -eu\nid -u\ncat\npwd -P\necho err >&2\nprintf "ADDRESS=%s\\n" "$A" >>"$OUTPUTS"\nexit 7\n',
        { A: 'x=y "z"' },
        as,
      );
      const { log, state } = await follow(job);
      expect(log).toBe(`${as === 'root' ? 0 : stage.uid}\n${directory(job)}\nerr\n`);
      expect(state).toMatchObject({
        state: 'exited',
        exitStatus: 7,
        logBytes: Buffer.byteLength(log),
        outputs: { ADDRESS: 'x=y "z"' },
      });
      expect(await jobs.state(job, never())).toEqual(state);
      // Following what is over gives the same, from any byte on.
      expect(await follow(job, 3)).toEqual({ log: log.slice(3), state });
      await jobs.remove(job, never());
      expect(await jobs.state(job, never())).toEqual({ state: 'absent' });
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
        state = await jobs.follow(job, {
          signal: abort.signal,
          offset,
          onBytes: (chunk) => {
            hash.update(chunk);
            offset += chunk.length;
            gate.open(offset);
            if (offset < nextCut) return;
            nextCut = offset + 200_000;
            cuts += 1;
            if (stage.cutConnections) cutting = stage.cutConnections();
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
    const starts = await Promise.all([1, 2, 3].map(() => jobs.start(job, call, never())));
    expect(starts.map(({ state }) => state).sort()).toEqual(['exists', 'exists', 'started']);
    expect(new Set(starts.map(({ pid }) => pid)).size).toBe(1);
    await transport.close();
    transport = stage.connect();
    jobs = jobsOf(transport);
    expect(await jobs.start(job, call, never())).toEqual({ ...starts[0], state: 'exists' });
    await expect(jobs.remove(job, never())).rejects.toMatchObject({ data: { text: 'running' } });
    expect(await jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({
      state: 'exited',
      exitStatus: 143,
    });
    expect(await jobs.start(job, call, never())).toMatchObject({ state: 'exists' });
    expect((await follow(job)).log).toBe('run\n');
  });

  it('repairs a start that was interrupted', async () => {
    const job: JobRef = { id: 'half', as: 'login' };
    const { stateDirectory } = await transport.identity('login', never());
    const make = 'mkdir -p "$D/jobs/half"; cd "$D/jobs/half"; echo half >script; : >log; : >wrapper';
    await transport.exec(script(make, { D: stateDirectory }), { signal: never() });
    expect(await jobs.state(job, never())).toEqual({ state: 'absent' });
    expect(await jobs.start(job, script('echo whole'), never())).toMatchObject({ state: 'started' });
    expect(await follow(job)).toMatchObject({ log: 'whole\n', state: { exitStatus: 0 } });
  });

  it('cancels a whole tree of processes', async () => {
    const job = await begin(
      'echo $$\nsh -c "echo \\$\\$; sleep 600 & echo \\$!; wait" &\nsh -c "echo \\$\\$; exec sleep 600"\n',
    );
    const log = join(directory(job), 'log');
    await eventually('4 processes run', async () => /^(\d+\n){4}$/.test(await readFile(log, 'utf8')));
    const pids = (await readFile(log, 'utf8')).trim().split('\n');
    expect(await jobs.cancel(job, { graceSeconds: 10, signal: never() })).toMatchObject({ exitStatus: 143 });
    await eventually('all are gone', async () =>
      (await Promise.all(pids.map(isAlive))).every((alive) => !alive),
    );
  });

  it('kills what ignores TERM, with status 137', async () => {
    const job = await begin('trap "" TERM\necho up\nwhile :; do sleep 600; done\n');
    await eventually('it runs', async () => (await readFile(join(directory(job), 'log'), 'utf8')) === 'up\n');
    expect(await jobs.cancel(job, { graceSeconds: 0.2, signal: never() })).toMatchObject({
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
    expect(await jobs.state(job, never())).toMatchObject({ state: 'running' });
    await writeFile(gatePath, '\n');
    expect(await follow(job)).toMatchObject({ log: 'up\n', state: { exitStatus: 5 } });
  });

  it('notices at once that the wrapper was killed', async () => {
    const job = await begin('echo up; exec sleep 600');
    const [wrapper = ''] = (await readFile(join(directory(job), 'pid'), 'utf8')).split(' ');
    const chunks: string[] = [];
    const following = jobs.follow(job, {
      signal: never(),
      offset: 0,
      onBytes: (chunk) => void chunks.push(Buffer.from(chunk).toString()),
    });
    await eventually('it is followed', () => chunks.join('') === 'up\n');
    process.kill(Number(wrapper), 'SIGKILL');
    expect(await following).toEqual({ state: 'lost', because: 'killed', logBytes: 3 });
    // Its script lives on until it is cancelled.
    const [leader = ''] = (await readFile(join(directory(job), 'group'), 'utf8')).split(' ');
    expect(await isAlive(leader)).toBe(true);
    expect(await jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({ state: 'lost' });
    await eventually('the script is gone', async () => !(await isAlive(leader)));
    await jobs.remove(job, never());
  });

  it('recognises a job of another boot, and touches no process for it', async () => {
    const job = await begin('exec sleep 600');
    const file = join(directory(job), 'pid');
    const pid = await readFile(file, 'utf8');
    await writeFile(file, pid.replace(/[0-9a-f]{8}-/, '00000000-'));
    expect(await jobs.state(job, never())).toEqual({ state: 'lost', because: 'reboot', logBytes: 0 });
    expect(await jobs.cancel(job, { graceSeconds: 0, signal: never() })).toMatchObject({ because: 'reboot' });
    const [leader = ''] = (await readFile(join(directory(job), 'group'), 'utf8')).split(' ');
    expect(await isAlive(leader)).toBe(true);
    // A number that is another process's by now.
    await writeFile(file, pid.replace(/ \d+ /, ' 1 '));
    expect(await jobs.state(job, never())).toEqual({ state: 'lost', because: 'killed', logBytes: 0 });
    await writeFile(file, pid);
    await jobs.cancel(job, { graceSeconds: 5, signal: never() });
  });

  it('refuses outputs of a successful script that it cannot read', async () => {
    const bad = await begin('printf "A=1\\nB=cut off" >>"$OUTPUTS"');
    await expect(follow(bad)).rejects.toMatchObject({
      reason: 'answer-not-understood',
      data: { text: '$OUTPUTS: B=cut off' },
    });
    const failed = await begin('printf "A=1\\nB=cut off" >>"$OUTPUTS"; exit 1');
    expect((await follow(failed)).state).toMatchObject({ exitStatus: 1, outputs: { A: '1' } });
  });

  it.each(['login', 'root'] as const)('does nothing while a job of %s is silent', async (as) => {
    const job = await begin('echo up; exec cat <>"$GATE"', { GATE: await gateFor() }, as);
    const chunks: string[] = [];
    const abort = new AbortController();
    const following = jobs.follow(job, {
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
    expect(await jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({ exitStatus: 143 });
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

type Process = { readonly pid: string; readonly name: string };

/** Processes whose working directory it is. */
async function processesIn(directory: string): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return cwd === directory && name !== '' ? [{ pid, name }] : [];
    }),
  );
  return found.flat();
}

/** The fields of proc(5), /proc/pid/stat, from the third (state) on. */
async function fieldsOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function stateOf(pid: string): Promise<string> {
  return (await fieldsOf(pid))[0] ?? '';
}

async function isAlive(pid: string): Promise<boolean> {
  return /^[^ZX]/.test(await stateOf(pid));
}

/**
 * What following a job costs the machine that is being measured: processor time of all our processes on it while the job
 * prints a line every five seconds, beside `ssh host tail -f log` on the same log in the same minutes. Each has a server
 * of its own, so that every process belongs to one of them.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Script } from '../src/core/script/script.ts';
import { directoryName, jobsOf } from '../src/remote/job/jobs.ts';
import type { JobRef } from '../src/remote/jobs.ts';
import { eventually } from '../test/support/sshd.ts';
import tick from './scripts/tick.sh';
import { ALIAS, type Loopback, withLoopback } from './support/loopback.ts';
import { timesOf, treeOf, usedBetween } from './support/processes.ts';
import { benchmark, claim, ratio, row, type BenchResult } from './support/result.ts';

const WINDOWS = 3;
const WINDOW_MS = 60_000;
const PAUSE_SECONDS = 5;
/** Enough for all windows and what comes before them; then the job ends, whatever became of us. */
const LINES = Math.ceil((WINDOWS + 1) * (WINDOW_MS / 1000 / PAUSE_SECONDS));
const LIMIT_MS = 10;
/** Bytes of one line of `date`. */
const LONGEST_LINE = 64;

const script: Script = { name: 'bench/tick', text: tick, parameters: { PAUSE: 'integer', LINES: 'integer' } };
const job: JobRef = { id: 'follow', as: 'login' };

/** All that serves a connection: the server's processes for it, and what runs below them. */
async function served({ sshd }: Loopback): Promise<readonly number[]> {
  const [first] = await sshd.sessions();
  return first === undefined ? [] : treeOf([first]);
}

/** Finds the processes that count for one side. */
type Side = () => Promise<readonly number[]>;

/** Milliseconds per minute that each side used, window by window. */
async function windows(sides: readonly Side[]): Promise<readonly (readonly number[])[]> {
  const look = () => Promise.all(sides.map(async (pids) => timesOf(await pids())));
  const found: number[][] = sides.map(() => []);
  let before = await look();
  for (let window = 0; window < WINDOWS; window += 1) {
    const start = performance.now();
    await delay(WINDOW_MS);
    const after = await look();
    const minutes = (performance.now() - start) / 60_000;
    for (const [index, used] of found.entries())
      used.push(usedBetween(before[index]!, after[index]!) / minutes);
    before = after;
  }
  return found;
}

async function measure(ours: Loopback, theirs: Loopback): Promise<BenchResult> {
  const transport = ours.transport();
  const jobs = jobsOf(transport);
  const over = new AbortController();
  const { stateDirectory } = await transport.identity('login', over.signal);
  const directory = join(stateDirectory, 'jobs', directoryName(job.id));
  const call = { script, parameters: { PAUSE: PAUSE_SECONDS, LINES }, as: job.as };
  await jobs.start(job, call, over.signal);
  let [followed, tailed] = [0, 0];
  const following = jobs.follow(job, {
    signal: over.signal,
    offset: 0,
    onBytes: (chunk) => {
      followed += chunk.length;
    },
  });
  following.catch(() => undefined);
  const tail = execa('ssh', ['-F', theirs.sshConfig, ALIAS, 'tail', '-f', join(directory, 'log')], {
    stdin: 'ignore',
    buffer: false,
  });
  tail.catch(() => undefined);
  tail.stdout.on('data', (chunk: Buffer) => {
    tailed += chunk.length;
  });
  try {
    // Both have sent what there was and a line that came later: they are as they will be for hours.
    await eventually('both follow', () => followed > 0 && tailed > 0);
    const [atFirst, tailedAtFirst] = [followed, tailed];
    await eventually('both go on', () => followed > atFirst && tailed > tailedAtFirst, 3 * PAUSE_SECONDS);
    const wrapper = Number((await readFile(join(directory, 'pid'), 'utf8')).split(' ')[0]);
    const [mineByWindow = [], tailByWindow = []] = await windows([
      // Not below the connection: the process that waits for the job's end.
      async () => [...(await served(ours)), wrapper],
      () => served(theirs),
    ]);
    const { size } = await stat(join(directory, 'log'));
    // Who follows nothing costs nothing. The last line may be on its way.
    if (Math.min(followed, tailed) < size - LONGEST_LINE)
      throw new Error(`of ${size} bytes we have ${followed}, ssh has ${tailed}`);
    const mine = row('ours: all our processes on the machine', 'ms/min', mineByWindow);
    const plain = row('ssh host tail -f log', 'ms/min', tailByWindow);
    const count = (await served(ours)).length + 1;
    return {
      title: `processor time on the machine while a job is followed, ${count} processes of ours`,
      rows: [mine, plain],
      ratios: [ratio('ours / ssh', mine, plain)],
      claims: [
        claim('processor time, the worst minute', {
          unit: 'ms/min',
          value: Math.max(...mine.samples),
          limit: LIMIT_MS,
        }),
      ],
    };
  } finally {
    tail.kill();
    await jobs.cancel(job, { graceSeconds: 1, signal: over.signal });
    over.abort();
    await transport.close();
  }
}

benchmark(() => withLoopback((ours) => withLoopback((theirs) => measure(ours, theirs))));

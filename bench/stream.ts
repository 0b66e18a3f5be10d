/**
 * A million lines of a job's output to the controller's disk, through the runner's own `runJob`, beside
 * `ssh host cat log > file`. Memory counts from the connected, idle process; the event loop's delay while the bytes come.
 */
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { execa } from 'execa';
import { logFile } from '../src/run/directory.ts';
import type { NewEvent } from '../src/run/events.ts';
import { runJob } from '../src/run/execute/job.ts';
import { ALIAS, type Loopback, withLoopback } from './support/loopback.ts';
import { planOfPrinting } from './support/printing.ts';
import { memoryMib } from './support/processes.ts';
import { benchmark, claim, interleaved, row, timed, type BenchResult } from './support/result.ts';
import { runContext } from './support/runContext.ts';

const LINES = 1_000_000;
const ROUNDS = 5;
const GROWTH_LIMIT_MIB = 64;
const DELAY_LIMIT_MS = 20;
/** Resolution of the event loop's measurement; what it reports includes it. */
const RESOLUTION_MS = 1;
/** Fewer looks at the event loop say nothing about its 99th percentile. */
const LEAST_SAMPLES = 100;

type Streamed = {
  readonly megabytesPerSecond: number;
  readonly p99: number;
  readonly longest: number;
  /** MiB: before the first byte, and the highest until the last. */
  readonly idle: number;
  readonly peak: number;
};

/** By a process of its own, as everything that is not measured: what it needs must not lie in our memory. */
async function sha256(file: string): Promise<string> {
  const { stdout } = await execa('sha256sum', ['--', file]);
  return stdout.split(' ')[0] ?? '';
}

/** A million lines of 96 characters. */
async function writeSource(file: string): Promise<Source> {
  await execa('seq', ['-f', `%08.0f ${'warehouse output '.repeat(5)}..`, String(LINES)], {
    stdout: { file },
    buffer: false,
  });
  const { size } = await stat(file);
  return { file, bytes: size, sha256: await sha256(file) };
}

async function ownMemory(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const mib = await memoryMib('self', field);
  if (mib === undefined) throw new Error(`/proc/self/status has no ${field}`);
  return mib;
}

/** What connecting left behind is no part of being idle: it would hide what streaming needs. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

type Source = { readonly file: string; readonly bytes: number; readonly sha256: string };

/** One job, followed to its end, timed from the moment its start is journalled until its end is, all of it on the disk. */
async function followOnce(loopback: Loopback, source: Source, round: number): Promise<Streamed> {
  const plan = planOfPrinting(source.file, 'script');
  const [step] = plan.steps;
  if (step?.action.kind !== 'script') throw new RangeError('the plan has one script');
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let [start, end] = [0, 0];
  const onEvent = ({ kind }: NewEvent): void => {
    if (kind === 'job-started') {
      start = performance.now();
      delays.enable();
    } else if (kind === 'job-ended') {
      delays.disable();
      end = performance.now();
    }
  };
  const name = `stream-${round}`;
  const context = runContext(loopback, { name, plan, onEvent });
  await mkdir(context.paths.logs, { recursive: true });
  // Connects, so that what it takes is not counted.
  await context.machines.get('r1').transport.identity('login', context.detach);
  collectGarbage();
  const idle = await ownMemory('VmRSS');
  // proc(5): 5 sets the peak back to what is used now.
  await writeFile('/proc/self/clear_refs', '5');
  try {
    await runJob(context, { step, attempt: 1, call: step.action.call });
    const peak = await ownMemory('VmHWM');
    if (delays.count < LEAST_SAMPLES) throw new Error(`the event loop was looked at ${delays.count} times`);
    const log = logFile(context.paths, step.id, 1);
    if ((await sha256(log)) !== source.sha256) throw new Error('other bytes than the job printed');
    const seconds = (end - start) / 1000;
    return {
      megabytesPerSecond: source.bytes / 1e6 / seconds,
      p99: delays.percentile(99) / 1e6,
      longest: delays.max / 1e6,
      idle,
      peak,
    };
  } finally {
    await context.machines.close();
    await rm(context.paths.directory, { recursive: true });
  }
}

async function sshOnce(loopback: Loopback, source: Source, words: readonly string[]): Promise<number> {
  const to = join(loopback.root, 'ssh.log');
  const milliseconds = await timed(async () => {
    const handle = await open(to, 'w');
    await execa('ssh', ['-F', loopback.sshConfig, ...words, ALIAS, 'cat', source.file], {
      stdout: handle.createWriteStream({ autoClose: false }),
      stdin: 'ignore',
      buffer: false,
    });
    // Ours is on the disk when it is called over.
    await handle.datasync();
    await handle.close();
  });
  await rm(to);
  return source.bytes / 1e3 / milliseconds;
}

async function measure(loopback: Loopback): Promise<BenchResult> {
  const source = await writeSource(join(loopback.root, 'lines'));
  const master = ['-o', `ControlPath=${loopback.root}/mux`];
  const persistent = execa('ssh', ['-F', loopback.sshConfig, ...master, '-M', '-N', ALIAS]);
  persistent.catch(() => undefined);
  try {
    await loopback.sshd.waitForLog(/Entering interactive session/);
    const streamed: Streamed[] = [];
    const speeds = await interleaved(ROUNDS, {
      ours: async (round) => {
        const found = await followOnce(loopback, source, round);
        streamed.push(found);
        return found.megabytesPerSecond;
      },
      ssh: () => sshOnce(loopback, source, []),
      sshWarm: () => sshOnce(loopback, source, master),
    });
    const ours = row('ours: job followed to a file', 'MB/s', speeds.ours);
    const ssh = row('ssh host cat log > file', 'MB/s', speeds.ssh);
    const sshWarm = row('the same on an open ControlMaster', 'MB/s', speeds.sshWarm);
    const p99 = row(
      'ours: event loop delay, p99',
      'ms',
      streamed.map((found) => found.p99),
    );
    const longest = row(
      'ours: event loop delay, longest',
      'ms',
      streamed.map((found) => found.longest),
    );
    const idle = row(
      'ours: memory, connected and idle',
      'MiB',
      streamed.slice(0, 1).map((found) => found.idle),
    );
    const growth = row(
      'ours: highest memory above that',
      'MiB',
      streamed.map(({ peak }) => peak - idle.median),
    );
    return {
      title: `${LINES} lines (${(source.bytes / 1e6).toFixed(0)} MB) of a job to the disk`,
      rows: [ours, ssh, sshWarm, p99, longest, idle, growth],
      ratios: [
        { what: 'throughput, ssh / ours', value: ssh.median / ours.median },
        { what: 'throughput, open ssh / ours', value: sshWarm.median / ours.median },
      ],
      claims: [
        claim('memory growth, the worst round', {
          unit: 'MiB',
          value: Math.max(...growth.samples),
          limit: GROWTH_LIMIT_MIB,
        }),
        claim('event loop delay, p99', { unit: 'ms', value: p99.median, limit: DELAY_LIMIT_MS }),
      ],
    };
  } finally {
    persistent.kill();
  }
}

benchmark(() => withLoopback(measure));

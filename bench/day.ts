/**
 * Memory of the runner's own process over a day of output: ten lines a second, 86,400 seconds, printed as fast as they
 * go; once by a script, once by a trial, whose output the runner also reads. Beside it `ssh host cat log > file`.
 */
import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { addSegment, createRun, logFile } from '../src/run/directory.ts';
import { readJournal } from '../src/run/journal.ts';
import { replay } from '../src/run/state.ts';
import { ALIAS, type Loopback, withLoopback } from './support/loopback.ts';
import { planOfPrinting, type PrintAs, writeLines } from './support/printing.ts';
import { memoryMib } from './support/processes.ts';
import { benchmark, claim, interleaved, row, type BenchResult } from './support/result.ts';
import { sampleOutput } from './support/sampleResult.ts';

const LINES = 86_400 * 10;
const ROUNDS = 3;
const LIMIT_MIB = 250;
/** The kernel keeps the peak: it is only to be read shortly before the process ends. */
const LOOK_EVERY_MS = 20;

/** Highest resident memory of a process over its life, in MiB. */
async function peakOf(child: ReturnType<typeof execa>): Promise<number> {
  const { pid } = child;
  if (pid === undefined) throw new Error('it did not start');
  // Its end is awaited below: until then it may fail unheard.
  child.catch(() => undefined);
  let peak = 0;
  // A process that has ended has no memory any more, zombie or not.
  for (let seen = await memoryMib(pid, 'VmHWM'); seen !== undefined; seen = await memoryMib(pid, 'VmHWM')) {
    peak = Math.max(peak, seen);
    await delay(LOOK_EVERY_MS);
  }
  await child;
  return peak;
}

type Day = { readonly file: string; readonly bytes: number };

/** A real run's output with a day of samples in it. */
async function writeDay(file: string): Promise<Day> {
  const lines = sampleOutput.trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith('warehouse: SAMPLE '));
  if (at < 0) throw new Error('the sample output holds no SAMPLE');
  const sample = (index: number): string =>
    `warehouse: SAMPLE warehouses=1 seconds=${(index / 10).toFixed(2)} throughput=${(800_000 + (index % 1000)).toFixed(2)}`;
  const count = lines.length + LINES;
  const bytes = await writeLines(file, count, (index) => {
    if (index < at) return lines[index] ?? '';
    return index < at + LINES ? sample(index - at) : (lines[index - LINES] ?? '');
  });
  return { file, bytes };
}

async function runnerPeak(loopback: Loopback, day: Day, as: PrintAs): Promise<number> {
  const { inventory, sshConfig } = loopback;
  const approvedAt = new Date().toISOString();
  const paths = await createRun(loopback.root, {
    experiment: 'loopback',
    createdAt: approvedAt,
    product: 'bench',
    inventory,
    sshConfig,
  });
  const plan = planOfPrinting(day.file, as);
  await addSegment(paths, { segment: 1, approvedAt, approvedBy: 'bench', plan });
  const peak = await peakOf(execa(process.execPath, [resolve('dist/cli.js'), 'runner', paths.directory]));
  const state = replay((await readJournal(paths.journal)).events);
  const step = plan.steps[0]?.id ?? '';
  const { size } = await stat(logFile(paths, step, 1));
  if (state.status !== 'completed' || size !== day.bytes)
    throw new Error(`the run is ${state.status}, its log has ${size} of ${day.bytes} bytes`);
  if (as === 'measure' && state.trials[0]?.result?.score == null) throw new Error('the trial has no score');
  return peak;
}

async function sshPeak(loopback: Loopback, day: Day): Promise<number> {
  const handle = await open(join(loopback.root, 'ssh.log'), 'w');
  try {
    return await peakOf(
      execa('ssh', ['-F', loopback.sshConfig, ALIAS, 'cat', day.file], {
        stdout: handle.createWriteStream({ autoClose: false }),
        stdin: 'ignore',
        buffer: false,
      }),
    );
  } finally {
    await handle.close();
  }
}

async function measure(loopback: Loopback): Promise<BenchResult> {
  const day = await writeDay(join(loopback.root, 'day'));
  const peaks = await interleaved(ROUNDS, {
    script: () => runnerPeak(loopback, day, 'script'),
    trial: () => runnerPeak(loopback, day, 'measure'),
    ssh: () => sshPeak(loopback, day),
    node: () => peakOf(execa(process.execPath, ['-e', 'setTimeout(() => {}, 500)'])),
  });
  const script = row("ours: the runner, a script's output", 'MiB', peaks.script);
  const trial = row("ours: the runner, a trial's output, read for its score", 'MiB', peaks.trial);
  const ssh = row('ssh host cat log > file', 'MiB', peaks.ssh);
  const node = row('node, doing nothing', 'MiB', peaks.node);
  return {
    title: `highest memory over a day of output, ${LINES} lines (${(day.bytes / 1e6).toFixed(0)} MB)`,
    rows: [script, trial, ssh, node],
    ratios: [
      { what: 'runner with a script / idle node', value: script.median / node.median },
      { what: 'runner with a trial / idle node', value: trial.median / node.median },
    ],
    claims: [
      claim('the worse of both, the worst round', {
        unit: 'MiB',
        value: Math.max(...script.samples, ...trial.samples),
        limit: LIMIT_MIB,
      }),
    ],
  };
}

benchmark(() => withLoopback(measure));

/** Reading a journal of 10⁵ events back into a run's state, beside `jq` and beside bare JSON.parse on the same text. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { NewEvent, RunEvent, StepSummary } from '../src/run/events.ts';
import { readJournal } from '../src/run/journal.ts';
import { replay } from '../src/run/state.ts';
import { sampleResult } from './support/sampleResult.ts';
import { benchmark, claim, interleaved, ratio, row, timed, type BenchResult } from './support/result.ts';

const EVENTS = 100_000;
const ROUNDS = 7;
const LIMIT_MS = 1000;

const head: NewEvent = {
  kind: 'journal',
  format: 'kvm-parity-journal',
  formatVersion: 1,
  run: 'bench',
  experiment: 'bench',
  product: '0',
};

function segment(number: number, steps: readonly StepSummary[]): NewEvent {
  return {
    kind: 'segment',
    segment: number,
    file: `${number}.json`,
    sha256: '0'.repeat(64),
    stages: ['measure-host', 'measure-guest'],
    quick: false,
    retries: 1,
    steps,
  };
}

function summary(id: string, round: number): StepSummary {
  return {
    id,
    stage: 'measure-host',
    machine: 'r1',
    title: { code: 'step-measure-host', data: { machine: 'r1', round, workload: 'warehouse' } },
    kind: 'measure',
    trial: { side: 'host', round },
    seconds: 100,
  };
}

/** One trial with everything that its attempt journals. */
function trial(step: string, round: number, attempt: number): readonly NewEvent[] {
  const at = { step, attempt };
  return [
    { kind: 'step-started', ...at },
    { kind: 'lease-acquired', host: 'r1' },
    { kind: 'job-intended', ...at, job: `bench-${step}-${attempt}`, machine: 'r1', as: 'login' },
    { kind: 'job-started', ...at, pid: 4711, bootId: '00000000-0000-4000-8000-000000000000', again: false },
    {
      kind: 'connection-lost',
      machine: 'r1',
      failure: { reason: 'connection-lost', data: { machine: 'r1' } },
    },
    { kind: 'connection-restored', machine: 'r1', seconds: 3 },
    {
      kind: 'job-ended',
      ...at,
      end: { state: 'exited', exitStatus: 0, logBytes: 2000, freeBytes: 1e9, outputs: {}, badOutput: null },
    },
    {
      kind: 'trial-ended',
      ...at,
      side: 'host',
      round,
      machine: 'r1',
      status: 'ok',
      configHash: '0'.repeat(64),
      result: sampleResult,
    },
    { kind: 'lease-released', host: 'r1' },
    { kind: 'step-ended', ...at, status: 'done' },
  ];
}

const TRIALS_PER_SEGMENT = 100;

/** Trial after trial, a hundred to a segment. */
function manyTrials(): readonly NewEvent[] {
  const events = [head];
  for (let number = 1; events.length < EVENTS; number += 1) {
    const rounds = Array.from({ length: TRIALS_PER_SEGMENT }, (_, index) => index + 1);
    const id = (round: number): string => `${number}.${round}-measure-host-trial-${round}`;
    events.push(
      segment(
        number,
        rounds.map((round) => summary(id(round), round)),
      ),
    );
    for (const round of rounds) events.push(...trial(id(round), round, 1));
  }
  return events.slice(0, EVENTS);
}

/** A bad link: the same two events over and over. */
function flapping(): readonly NewEvent[] {
  const events = [head, segment(1, [summary('1.01-a', 1)]), ...trial('1.01-a', 1, 1).slice(0, 4)];
  const failure = { reason: 'connection-lost', data: { machine: 'r1', detail: 'read ECONNRESET' } };
  while (events.length < EVENTS) {
    events.push({ kind: 'connection-lost', machine: 'r1', failure });
    events.push({ kind: 'connection-restored', machine: 'r1', seconds: 1 });
  }
  return events.slice(0, EVENTS);
}

function journalText(events: readonly NewEvent[]): string {
  const start = Date.UTC(2026, 0, 1);
  const lines = events.map((event, index) =>
    JSON.stringify({ at: new Date(start + index * 1000).toISOString(), ...event } satisfies RunEvent),
  );
  return `${lines.join('\n')}\n`;
}

async function measure(directory: string): Promise<BenchResult> {
  const journals = { trials: journalText(manyTrials()), links: journalText(flapping()) };
  const file = (name: string): string => join(directory, `${name}.jsonl`);
  for (const [name, text] of Object.entries(journals)) await writeFile(file(name), text);
  const ours = (name: keyof typeof journals) => () =>
    timed(async () => {
      const { events } = await readJournal(file(name));
      const state = replay(events);
      if (state.eventCount !== EVENTS) throw new Error(`${state.eventCount} of ${EVENTS} events`);
    });
  const times = await interleaved(ROUNDS, {
    trials: ours('trials'),
    links: ours('links'),
    parse: () =>
      timed(async () => {
        for (const line of journals.trials.split('\n')) if (line !== '') JSON.parse(line);
        await Promise.resolve();
      }),
    jq: () => timed(() => execa('jq', ['-c', '.', file('trials')], { stdout: 'ignore' })),
  });
  const trials = row('ours: read and replay, trial after trial', 'ms', times.trials);
  const links = row('ours: read and replay, a connection that comes and goes', 'ms', times.links);
  const parse = row('bare JSON.parse of the lines, nothing kept', 'ms', times.parse);
  const jq = row('jq -c . journal', 'ms', times.jq);
  const megabytes = (Buffer.byteLength(journals.trials) / 1e6).toFixed(0);
  return {
    title: `a journal of ${EVENTS} events (${megabytes} MB) back into a run's state`,
    rows: [trials, links, parse, jq],
    ratios: [ratio('ours / bare JSON.parse', trials, parse), ratio('ours / jq', trials, jq)],
    claims: [
      claim('the slower journal', {
        unit: 'ms',
        value: Math.max(trials.median, links.median),
        limit: LIMIT_MS,
      }),
    ],
  };
}

benchmark(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kvmp-bench-'));
  try {
    return await measure(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

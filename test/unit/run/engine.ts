/**
 * The run engine on the machines of `world.ts`: the real runner, journal, lock, state and report, with nothing faked but the
 * ports to the machines. Import this before anything of src/run: it takes the place of two of its modules.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type * as Timers from 'node:timers/promises';
import type * as Files from 'node:fs/promises';
import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { resolve } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { loadInventory } from '../../../src/core/inventory/load.ts';
import type { Inventory } from '../../../src/core/inventory/inventory.ts';
import type { Plan, PlannedCall, Step } from '../../../src/core/recipe/plan.ts';
import { planExperiment } from '../../../src/core/recipe/planExperiment.ts';
import type { Script } from '../../../src/core/script/script.ts';
import { addSegment, createRun, logFile, type RunPaths, runPaths } from '../../../src/run/directory.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { sha256 } from '../../../src/run/files.ts';
import type * as JournalModule from '../../../src/run/journal.ts';
import type { Asset } from '../../../src/run/context.ts';
import { joinRunner, type Link } from '../../../src/run/client.ts';
import type { Answer, RunQuestion } from '../../../src/run/control.ts';
import { readLock } from '../../../src/run/lock.ts';
import type * as RunnerModule from '../../../src/run/runner.ts';
import { replay, type RunState } from '../../../src/run/state.ts';
import { Crash, type World } from './world.ts';

type Present = {
  world: World | null;
  /** Called around every append, with the line as it would be written. */
  onAppend: (moment: 'before' | 'after', line: string, file: string) => void;
};
const present: Present = vi.hoisted(() => ({ world: null, onAppend: () => undefined }));

vi.mock('../../../src/run/reaching.ts', () => ({
  reaching: () => ({
    connect: ({ machine }: { machine: string }) => present.world!.transport(machine),
    jobsOf: ({ machine }: { machine: string }) => present.world!.jobsOf(machine),
    now: () => new Date(),
  }),
}));

// Thousands of runs need not wait for the disk, nor pause before another try.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>();
  const open: typeof real.open = async (...words) => {
    const handle = await real.open(...words);
    return Object.assign(handle, { sync: () => Promise.resolve(), datasync: () => Promise.resolve() });
  };
  return { ...real, open };
});
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof Timers>()),
  setTimeout: (_ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      globalThis.setImmediate(() => {
        if (signal?.aborted === true) reject(new Error('aborted'));
        else resolve(value);
      });
    }),
}));

vi.mock('../../../src/run/journal.ts', async (original) => {
  const real = await original<typeof JournalModule>();
  const openJournal: typeof real.openJournal = async (file, now) => {
    const journal = await real.openJournal(file, now);
    return {
      ...journal,
      append: async (event) => {
        const line = `${JSON.stringify({ at: now().toISOString(), ...event })}\n`;
        present.onAppend('before', line, file);
        const done = await journal.append(event);
        present.onAppend('after', line, file);
        return done;
      },
    };
  };
  return { ...real, openJournal };
});

const { driveRun }: typeof RunnerModule = await import('../../../src/run/runner.ts');
const { readJournal }: typeof JournalModule = await import('../../../src/run/journal.ts');

export type RunSettings = {
  readonly trials?: number;
  readonly retries?: number;
  /** Adds a step that changes a setting of the guest, with check, undo and verification. */
  readonly tune?: boolean;
};

function inventoryOf({ trials = 1, retries = 1 }: RunSettings): Inventory {
  const text = `version: 1
hosts: { r1: { ssh: r1.lab, guests: { vm1: { ssh: root@vm1.lab } } } }
experiments:
  e:
    host: r1
    guest: vm1
    workload: { warehouse: { warehouses: 2 } }
    repeat: { trials: ${trials}, order: abba, retries: ${retries} }
`;
  const { inventory, problems } = loadInventory(text, 'test.yaml');
  if (inventory === null) throw new Error(JSON.stringify(problems));
  return inventory;
}

const test = (name: string): Script => ({
  name: `test/${name}`,
  text: `: ${name}\n`,
  parameters: name === 'restore' ? { ORIGINAL: 'string' } : {},
});

const call = (script: string): PlannedCall => ({ script: `test/${script}`, parameters: {}, as: 'login' });

const tuneStep: Step = {
  id: '1.00-tune',
  stage: 'probe',
  title: { code: 'step-compile', data: { machine: 'vm1' } },
  machine: 'vm1',
  action: { kind: 'script', call: call('tune') },
  check: call('is-tuned'),
  undo: { resource: 'thp', lasts: 'volatile', original: call('original'), call: call('restore') },
  expect: call('verify'),
  seconds: 1,
};

function withTuning(plan: Plan): Plan {
  const scripts = ['is-tuned', 'original', 'tune', 'restore', 'verify'].map(test);
  return {
    ...plan,
    scripts: { ...plan.scripts, ...Object.fromEntries(scripts.map((script) => [script.name, script])) },
    steps: [tuneStep, ...plan.steps],
  };
}

export type Engine = {
  readonly paths: RunPaths;
  readonly plan: Plan;
  readonly world: World;
  /** Drives the run in this process, as the runner does. */
  drive(detach?: AbortSignal): ReturnType<typeof driveRun>;
  /** Joins the runner as a window does. */
  join(answer: (question: RunQuestion) => Promise<Answer>): Promise<Link>;
  /** Wishes that the run ends; settles when the runner has taken note. */
  cancel(): Promise<void>;
  events(): Promise<readonly RunEvent[]>;
  state(): Promise<RunState>;
  log(step: string, attempt: number): Promise<string>;
};

/** A fresh run of an ABBA experiment on `world`. */
export async function newEngine(world: World, settings: RunSettings = {}): Promise<Engine> {
  const root = await mkdtemp(resolve(tmpdir(), 'kvmp-engine-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const inventory = inventoryOf(settings);
  const machine = (name: string): Parameters<typeof planExperiment>[0]['machines']['host'] => ({
    machine: name,
    onlineCpus: 2,
    java: '/usr/bin/java',
    javac: '/usr/bin/javac',
    domain: null,
    record: [],
    loggedIn: [],
  });
  const planned = planExperiment({
    experiment: inventory.experiments.e!,
    machines: { host: machine('r1'), guest: machine('vm1') },
    stages: ['probe', 'measure-guest', 'measure-host', 'report'],
    quick: false,
    hash: sha256,
    segment: 1,
    roundsDone: { host: 0, guest: 0 },
  });
  const plan = settings.tune === true ? withTuning(planned) : planned;
  const paths = await createRun(root, {
    experiment: 'e',
    createdAt: '2026-02-03T04:05:06.000Z',
    product: '0.0.0',
    inventory,
    sshConfig: null,
  });
  await addSegment(paths, { segment: 1, approvedAt: '2026-02-03T04:05:06.000Z', approvedBy: 'test', plan });
  const asset: Asset = { path: resolve(root, 'asset'), size: 0, sha256: sha256('') };
  const join = async (answer: (question: RunQuestion) => Promise<Answer>): Promise<Link> =>
    joinRunner((await readLock(paths.lock))!, answer);
  await writeFile(resolve(root, 'page.js'), '// page');
  await writeFile(resolve(root, 'style.css'), '/* style */');
  return {
    paths,
    plan,
    world,
    drive(detach = new AbortController().signal) {
      present.world = world;
      return driveRun({
        paths,
        assetOf: () => Promise.resolve(asset),
        reportAssets: root,
        product: '0.0.0',
        environment: {},
        now: () => new Date(),
        detach,
      });
    },
    join,
    async cancel() {
      const link = await join(() => new Promise(() => undefined));
      link.cancel();
      const isNoted = ({ kind }: RunEvent): boolean => kind === 'cancel-requested';
      while (!(await readJournal(paths.journal)).events.some(isNoted)) await setImmediate();
    },
    events: async () => (await readJournal(paths.journal)).events,
    state: async () => replay((await readJournal(paths.journal)).events),
    log: (step, attempt) => readFile(logFile(runPaths(paths.directory), step, attempt), 'utf8'),
  };
}

/** One moment at which the controller can die: at a point of the world, in the middle of a journal line, or after one. */
export type Moment = { readonly number: number; readonly label: string };

/** Lets the controller die at a moment; the moments that were passed until then are in the answer. */
export function dieAt(
  world: World,
  isTime: (moment: Moment) => boolean,
): { readonly passed: readonly Moment[] } {
  const passed: Moment[] = [];
  let dead = false;
  const pass = (label: string): 'alive' | 'dying' => {
    if (dead) throw new Crash();
    const moment = { number: passed.length + 1, label };
    passed.push(moment);
    dead = isTime(moment);
    return dead ? 'dying' : 'alive';
  };
  const point = (label: string): void => {
    if (pass(label) === 'dying') throw new Crash();
  };
  const tear = (line: string, file: string): never => {
    appendFileSync(file, line.slice(0, line.length / 2));
    throw new Crash();
  };
  world.onPoint = point;
  present.onAppend = (moment, line, file) => {
    const { kind } = JSON.parse(line) as RunEvent;
    // Before a line is the same as after whatever came before it.
    if (moment === 'after') point(`after ${kind}`);
    else if (pass(`in the middle of ${kind}`) === 'dying') tear(line, file);
  };
  return { passed };
}

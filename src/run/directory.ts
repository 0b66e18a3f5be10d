import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '../core/inventory/inventory.ts';
import { PLAN_FORMAT, type Plan } from '../core/recipe/plan.ts';
import { RunError } from './error.ts';
import { fileName, readFormat, writeJson } from './files.ts';
import { isCode, JOURNAL_FILE } from './journal.ts';

export const DATA_DIRECTORY = '.kvm-parity';
const RUN_FORMAT = 1;
const SEGMENT_FORMAT = 1;

/** What a run is of: written once, by whoever creates it. */
export type RunDescription = {
  readonly format: 'kvm-parity-run';
  readonly formatVersion: typeof RUN_FORMAT;
  readonly run: string;
  readonly experiment: string;
  readonly createdAt: string;
  /** Version of the product that created it. */
  readonly product: string;
  /** The inventory as it was; later edits do not change a run. */
  readonly inventory: Inventory;
  /** `ssh -F`, where one was given. */
  readonly sshConfig: string | null;
};

/** One approved plan of a run. */
export type Segment = {
  readonly format: 'kvm-parity-segment';
  readonly formatVersion: typeof SEGMENT_FORMAT;
  readonly segment: number;
  readonly approvedAt: string;
  /** How it was approved: at a prompt, by `--yes`, in VS Code. */
  readonly approvedBy: string;
  readonly plan: Plan;
};

/** Where everything of one run lies. */
export type RunPaths = {
  readonly directory: string;
  readonly description: string;
  readonly journal: string;
  readonly lock: string;
  readonly segments: string;
  readonly logs: string;
  readonly environments: string;
  readonly runnerLog: string;
};

export function runPaths(directory: string): RunPaths {
  return {
    directory,
    description: join(directory, 'run.json'),
    journal: join(directory, JOURNAL_FILE),
    lock: join(directory, 'runner.lock'),
    segments: join(directory, 'segments'),
    logs: join(directory, 'logs'),
    environments: join(directory, 'environments'),
    runnerLog: join(directory, 'runner.log'),
  };
}

/** The log of one attempt of a step. */
export function logFile(paths: RunPaths, step: string, attempt: number): string {
  return join(paths.logs, `${fileName(step)}.${attempt}.log`);
}

/** Creates the directory of a new run under `<root>/.kvm-parity/runs`; a taken name gets a number. */
export async function createRun(
  root: string,
  what: Pick<RunDescription, 'experiment' | 'createdAt' | 'product' | 'inventory' | 'sshConfig'>,
): Promise<RunPaths> {
  const runs = join(root, DATA_DIRECTORY, 'runs');
  await mkdir(runs, { recursive: true, mode: 0o700 });
  const stamp = what.createdAt.replace(/[-:]/g, '').replace(/\..*/, '').replace('T', '-');
  const run = await freeName(runs, `${stamp}-${fileName(what.experiment)}`);
  const paths = runPaths(join(runs, run));
  for (const directory of [paths.segments, paths.logs, paths.environments]) await mkdir(directory);
  await writeJson(paths.description, {
    format: 'kvm-parity-run',
    formatVersion: RUN_FORMAT,
    run,
    ...what,
  } satisfies RunDescription);
  return paths;
}

async function freeName(runs: string, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      await mkdir(join(runs, name), { mode: 0o700 });
      return name;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
  }
}

/** Ids of all runs under `root`, oldest first. */
export async function listRuns(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, DATA_DIRECTORY, 'runs')).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).sort();
}

/**
 * Finds a run by id, by the end of an id, by `latest`, or by the path of its directory.
 *
 * @throws RunError `run-not-found`.
 */
export async function findRun(root: string, wanted: string): Promise<RunPaths> {
  const runs = await listRuns(root);
  const hits =
    wanted === 'latest' ? runs.slice(-1) : runs.filter((run) => run === wanted || run.endsWith(wanted));
  const only = hits.find((run) => run === wanted) ?? (hits.length === 1 ? hits[0] : undefined);
  const directory = only === undefined ? wanted : join(root, DATA_DIRECTORY, 'runs', only);
  const paths = runPaths(directory);
  const isRun = await readFormat(paths.description, 'kvm-parity-run', RUN_FORMAT).then(
    () => true,
    (error: unknown) => {
      if (RunError.is(error, 'run-not-found')) return false;
      throw error;
    },
  );
  if (!isRun) {
    throw new RunError('run-not-found', {
      run: wanted,
      directory: join(root, DATA_DIRECTORY, 'runs'),
      matches: hits.length,
    });
  }
  return paths;
}

export async function readDescription(paths: RunPaths): Promise<RunDescription> {
  return (await readFormat(paths.description, 'kvm-parity-run', RUN_FORMAT)) as RunDescription;
}

export function segmentFile(segment: number): string {
  return `${String(segment).padStart(3, '0')}.json`;
}

/** Adds an approved plan to a run; the runner takes it up when it starts or is told. */
export async function addSegment(
  paths: RunPaths,
  what: Pick<Segment, 'segment' | 'approvedAt' | 'approvedBy' | 'plan'>,
): Promise<void> {
  await writeJson(join(paths.segments, segmentFile(what.segment)), {
    format: 'kvm-parity-segment',
    formatVersion: SEGMENT_FORMAT,
    ...what,
  } satisfies Segment);
}

/** All segments of a run, in order. @throws RunError `run-damaged`, `format-newer`. */
export async function readSegments(paths: RunPaths): Promise<readonly Segment[]> {
  const names = (await readdir(paths.segments)).filter((name) => /^\d+\.json$/.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const file = join(paths.segments, name);
    const segment = (await readFormat(file, 'kvm-parity-segment', SEGMENT_FORMAT)) as Segment;
    const found = Number((segment.plan as Plan | undefined)?.formatVersion);
    if (!Number.isInteger(found)) throw new RunError('run-damaged', { file, detail: 'it holds no plan' });
    if (found > PLAN_FORMAT) throw new RunError('format-newer', { file, found, known: PLAN_FORMAT });
    segments.push(segment);
  }
  return segments;
}

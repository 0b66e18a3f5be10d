import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
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

/**
 * Creates the directory of a new run under `<root>/.kvm-parity/runs`, with its first approved plan where there is one.
 * It appears under its name as a whole or not at all. The name ends in four random digits: machines know a run by its
 * name, and two controllers may begin one in the same second.
 */
export async function createRun(
  root: string,
  what: Pick<RunDescription, 'experiment' | 'createdAt' | 'product' | 'inventory' | 'sshConfig'>,
  first?: Pick<Segment, 'approvedAt' | 'approvedBy' | 'plan'>,
): Promise<RunPaths> {
  const runs = join(root, DATA_DIRECTORY, 'runs');
  await mkdir(runs, { recursive: true, mode: 0o700 });
  const stamp = what.createdAt.replace(/[-:]/g, '').replace(/\..*/, '').replace('T', '-');
  for (;;) {
    const run = `${stamp}-${fileName(what.experiment)}-${randomBytes(2).toString('hex')}`;
    const making = runPaths(join(runs, `.${run}`));
    try {
      await mkdir(making.directory, { mode: 0o700 });
    } catch (error) {
      if (isCode(error, 'EEXIST')) continue;
      throw error;
    }
    try {
      for (const directory of [making.segments, making.logs, making.environments]) await mkdir(directory);
      const description: RunDescription = {
        format: 'kvm-parity-run',
        formatVersion: RUN_FORMAT,
        run,
        ...what,
      };
      await writeJson(making.description, description);
      if (first !== undefined) await addSegment(making, { ...first, segment: 1 });
      const paths = runPaths(join(runs, run));
      // A run is never empty, so that this takes no other one's place.
      await rename(making.directory, paths.directory);
      return paths;
    } catch (error) {
      await rm(making.directory, { recursive: true, force: true });
      if (!isCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
    }
  }
}

/** Names of all run directories under `root`, oldest first; what is in them may be damaged. */
export async function listRuns(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, DATA_DIRECTORY, 'runs')).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** The newest directory that holds a run, be it damaged; one without a description was never a run. */
async function latestOf(root: string, runs: readonly string[]): Promise<readonly string[]> {
  for (const run of runs.toReversed()) {
    const { description } = runPaths(join(root, DATA_DIRECTORY, 'runs', run));
    const isThere = await stat(description).then(
      () => true,
      () => false,
    );
    if (isThere) return [run];
  }
  return [];
}

/** Runs that `wanted` may mean: by the whole id, else by its end (with or without the random digits), else by any part. */
function hitsOf(runs: readonly string[], wanted: string): readonly string[] {
  if (wanted === '') return [];
  const ways: readonly ((run: string) => boolean)[] = [
    (run) => run === wanted,
    (run) => run.endsWith(wanted) || run.replace(/-[0-9a-f]{4}$/, '').endsWith(wanted),
    (run) => run.includes(wanted),
  ];
  return ways.map((isMeant) => runs.filter(isMeant)).find((hits) => hits.length > 0) ?? [];
}

/**
 * Finds a run by id, by a part of an id that no other has, by `latest`, or by the path of its directory.
 *
 * @throws RunError `run-not-found`, `run-damaged`, `format-newer`.
 */
export async function findRun(root: string, wanted: string): Promise<RunPaths> {
  const runs = await listRuns(root);
  const hits = wanted === 'latest' ? await latestOf(root, runs) : hitsOf(runs, wanted);
  const only = hits.length === 1 ? hits[0] : undefined;
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

import { findMachine, keeperOf, openMachines, type Machine, type Machines } from './machines.ts';
import type { Inventory } from '../core/inventory/inventory.ts';
import type { Script } from '../core/script/script.ts';
import type { RunAs } from '../remote/transport.ts';
import cleanText from './clean/clean.sh';
import type { RunPaths } from './directory.ts';
import { readDescription } from './directory.ts';
import { RunError } from './error.ts';
import type { NewEvent } from './events.ts';
import { markFetched } from './execute/job.ts';
import { releaseLease, type Released } from './lease/lease.ts';
import { takeLock } from './lock.ts';
import { withJournal } from './runner.ts';
import { lastAttempt, type RunState } from './state.ts';
import { forgetCopies, restoreMachine, scriptFailed, type Restored } from './undo/undo.ts';

/** What restoring did on one machine; `error` where it could not be reached or used. */
export type RestoredMachine = {
  readonly machine: string;
  readonly entries: readonly Restored[];
  readonly detail: string;
  /** What became of a host's lease; null on a guest. */
  readonly lease: Released | null;
  readonly error: unknown;
};

type Where = {
  readonly inventory: Inventory;
  readonly machines: Machines;
  readonly signal: AbortSignal;
  /** Give back also a lease whose job may still run; matters only where no run is named. */
  readonly force: boolean;
};

/** Time for a job to end by itself after TERM. */
const GRACE_SECONDS = 10;

/** Every machine of the inventory that `names` choose, guests before their hosts. */
function inUndoOrder(inventory: Inventory, names: readonly string[] | null): readonly string[] {
  return Object.values(inventory.hosts)
    .flatMap((host) => [...Object.keys(host.guests), host.name])
    .filter((name) => names === null || names.includes(name));
}

async function restoreOne(
  where: Where,
  machine: Machine,
  run: string,
): Promise<Omit<RestoredMachine, 'error'>> {
  const { inventory, machines, signal } = where;
  const { transport, name } = machine;
  const settings = findMachine(inventory, name);
  // What ran as the login user was registered in that user's directory, what ran as root in root's.
  const identities: readonly RunAs[] = settings?.become === 'sudo' ? ['root', 'login'] : ['login'];
  const results = [];
  for (const as of identities) results.push(await restoreMachine({ transport, as }, run, signal));
  const entries = results.flatMap((result) => result.entries);
  const detail = results
    .map((result) => result.detail)
    .join('\n')
    .trim();
  if (
    settings !== undefined &&
    !('guests' in settings) &&
    entries.every((entry) => entry.result !== 'failed')
  ) {
    const host = machines.get(settings.host);
    await forgetCopies(
      { transport: host.transport, as: keeperOf(inventory, settings.host), copyOf: name },
      run,
      signal,
    );
  }
  const isHost = settings !== undefined && 'guests' in settings;
  const what = { run, force: where.force };
  const lease = isHost
    ? await releaseLease({ transport, as: keeperOf(inventory, name) }, what, signal)
    : null;
  return { machine: name, entries, detail, lease };
}

/**
 * Takes back what a run (empty: any run) changed on the machines, from any controller. Every machine is
 * tried; what went wrong is in the answer. Harmless when run twice.
 */
export async function restoreMachines(
  where: Where,
  run: string,
  names: readonly string[] | null,
): Promise<readonly RestoredMachine[]> {
  const results: RestoredMachine[] = [];
  for (const name of inUndoOrder(where.inventory, names)) {
    try {
      results.push({ ...(await restoreOne(where, where.machines.get(name), run)), error: null });
    } catch (error) {
      results.push({ machine: name, entries: [], detail: '', lease: null, error });
    }
  }
  return results;
}

/** Jobs that the journal has begun and not ended. */
export function openJobs(state: RunState): readonly {
  readonly step: string;
  readonly attempt: number;
  readonly job: string;
  readonly machine: string;
  readonly as: RunAs;
}[] {
  return [...state.steps.values()].flatMap((step) => {
    const attempt = lastAttempt(step);
    if (attempt?.status !== 'running' || attempt.job?.end !== null) return [];
    const { id, machine, as } = attempt.job;
    return [{ step: step.id, attempt: attempt.attempt, job: id, machine, as }];
  });
}

export type RestoreOptions = Pick<Parameters<typeof openMachines>[0], 'connect' | 'jobsOf' | 'now'> & {
  readonly paths: RunPaths;
  readonly signal: AbortSignal;
};

/**
 * Restores everything that one run changed, after ending what it left running, and journals it.
 *
 * @throws RunError `runner-active` where a runner is still at it.
 */
export async function restoreRun(options: RestoreOptions): Promise<readonly RestoredMachine[]> {
  const { paths, signal } = options;
  const { inventory, run, experiment: name } = await readDescription(paths);
  const experiment = inventory.experiments[name];
  const names = experiment === undefined ? null : [experiment.host, experiment.guest];
  const release = await takeLock(paths.lock, '');
  try {
    return await withJournal(options, async ({ state, append }) => {
      const machines = openMachines({ ...options, inventory, record: append });
      try {
        const failures = await endOpenJobs(state, { machines, append, signal });
        const where = { inventory, machines, signal, force: false };
        const results = await restoreMachines(where, run, names);
        for (const { machine, entries, lease } of results) {
          await journalRestored(append, machine, entries);
          if (lease !== null && state.leases.has(machine))
            await append({ kind: 'lease-released', host: machine });
        }
        return results.map((result) => ({
          ...result,
          error: result.error ?? failures.get(result.machine) ?? null,
        }));
      } finally {
        await machines.close();
      }
    });
  } finally {
    await release();
  }
}

async function journalRestored(
  append: (event: NewEvent) => Promise<void>,
  machine: string,
  entries: readonly Restored[],
): Promise<void> {
  for (const { resource, result } of entries) {
    if (result !== 'failed') await append({ kind: 'undo-done', machine, resource, result });
  }
}

/** What went wrong while ending what a run left running, by machine. */
type Failures = ReadonlyMap<string, unknown>;

/** Ends the jobs that still run. One that has ended already keeps its attempt open: a resumed run fetches its result. */
async function endOpenJobs(
  state: RunState,
  use: {
    readonly machines: Machines;
    readonly append: (event: NewEvent) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<Failures> {
  const failures = new Map<string, unknown>();
  for (const { step, attempt, job: id, machine, as } of openJobs(state)) {
    const job = { id, as };
    try {
      const { jobs, transport } = use.machines.get(machine);
      if ((await jobs.state(job, use.signal)).state === 'exited') continue;
      const end = await jobs.cancel(job, { graceSeconds: GRACE_SECONDS, signal: use.signal });
      if (end.state === 'running')
        throw new RunError('action-failed', { machine, step, status: 'still running' });
      await use.append({ kind: 'job-ended', step, attempt, end });
      // Whoever restores wants its end, not its result.
      await markFetched(transport, job, use.signal);
      const failure = { reason: 'cancelled', data: { step } };
      await use.append({ kind: 'step-ended', step, attempt, status: 'cancelled', failure });
    } catch (error) {
      failures.set(machine, error);
    }
  }
  return failures;
}

const clean: Script = {
  name: 'clean/clean',
  text: cleanText,
  parameters: { STATE: 'string', FORCE: 'flag' },
};

/**
 * Removes our files from a machine.
 *
 * @returns freed bytes. @throws RunError `undo-left` naming what is still needed there.
 */
export async function cleanMachine(
  machine: Machine,
  { as, force }: { readonly as: RunAs; readonly force: boolean },
  signal: AbortSignal,
): Promise<number> {
  const { stateDirectory } = await machine.transport.identity(as, signal);
  const result = await machine.transport.exec(
    { script: clean, parameters: { STATE: stateDirectory, FORCE: force }, as },
    { signal },
  );
  const bytes = /^cleaned (\d+)$/m.exec(result.stdout)?.[1];
  if (bytes !== undefined) return Number(bytes);
  if (result.exitStatus === 3) {
    throw new RunError('undo-left', {
      machine: machine.name,
      left: result.stdout.trim().split('\n').join(', '),
    });
  }
  throw scriptFailed(machine.name, clean.name, result);
}

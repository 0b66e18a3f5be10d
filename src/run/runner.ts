import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import type { Step } from '../core/recipe/plan.ts';
import { journalledAsk } from './asking.ts';
import { reaching } from './reaching.ts';
import type { RunContext } from './context.ts';
import { openControl, socketPlace } from './control.ts';
import { RunError } from './error.ts';
import { readDescription, readSegments, type RunPaths, segmentFile, type Segment } from './directory.ts';
import { isSettled, runStep, failureOf } from './execute/step.ts';
import { JOURNAL_FORMAT, type Failure, type NewEvent, type RunStatus, type StepSummary } from './events.ts';
import { sha256 } from './files.ts';
import { openJournal } from './journal.ts';
import { takeLock } from './lock.ts';
import { withLeases } from './lease/hold.ts';
import { openMachines } from './machines.ts';
import { applyEvent, emptyState } from './state.ts';

export type RunnerOptions = {
  readonly paths: RunPaths;
  readonly assetOf: RunContext['assetOf'];
  readonly reportAssets: string;
  readonly product: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborts when the runner itself is told to stop (SIGTERM): jobs go on, the run can be resumed. */
  readonly detach: AbortSignal;
};

/** How a segment, and so the run, came out. */
type Outcome = { readonly status: RunStatus; readonly failure?: Failure };

/**
 * Drives a run: takes its lock, journals, executes the approved segments step by step, answers windows on its
 * socket. The only writer of the journal. Resuming a run is driving it again.
 *
 * @throws RunError `runner-active`, `runner-elsewhere`, `journal-damaged`, `format-newer`, `controller-disk-full`.
 */
export async function driveRun(options: RunnerOptions): Promise<Outcome> {
  const { paths } = options;
  const description = await readDescription(paths);
  const cancel = new AbortController();
  const letGo = new AbortController();
  const detach = AbortSignal.any([options.detach, letGo.signal]);
  // One listener per open call; a long run has many over its life, few at a time.
  setMaxListeners(0, cancel.signal, detach);
  const place = await socketPlace(paths.directory);
  const release = await takeLock(paths.lock, place.path);
  try {
    return await withJournal(options, async ({ state, append }) => {
      const control = await openControl(place, {
        onCancel: () => {
          void append({ kind: 'cancel-requested' }).catch(() => undefined);
          cancel.abort();
        },
        onDetach: () => {
          letGo.abort();
        },
      });
      try {
        return await drive({
          options: { ...options, detach },
          description,
          control,
          cancel: cancel.signal,
          state,
          append,
        });
      } finally {
        await control.close();
      }
    });
  } finally {
    await release();
  }
}

/** The run's state beside its journal: what is appended is applied. */
export type Recording = { readonly state: RunContext['state']; readonly append: RunContext['record'] };

/** Opens the journal of a run whose lock the caller holds, replays it, and closes it in the end. */
export async function withJournal<T>(
  { paths, now }: Pick<RunnerOptions, 'paths' | 'now'>,
  use: (recording: Recording) => Promise<T>,
): Promise<T> {
  const journal = await openJournal(paths.journal, now);
  const state = emptyState();
  for (const event of journal.events) applyEvent(state, event);
  try {
    return await use({
      state,
      append: async (event) => {
        applyEvent(state, await journal.append(event));
      },
    });
  } finally {
    await journal.close();
  }
}

type Driving = {
  readonly options: RunnerOptions;
  readonly description: RunContext['description'];
  readonly control: Awaited<ReturnType<typeof openControl>>;
  readonly cancel: AbortSignal;
} & Recording;

async function drive(driving: Driving): Promise<Outcome> {
  const { options, description, state, append, cancel } = driving;
  if (state.eventCount === 0) {
    await append({
      kind: 'journal',
      format: 'kvm-parity-journal',
      formatVersion: JOURNAL_FORMAT,
      run: description.run,
      experiment: description.experiment,
      product: options.product,
    });
  }
  await append({ kind: 'runner-started', pid: process.pid, machine: hostname() });
  const ask = journalledAsk(driving.control, append);
  const machines = openMachines({
    ...reaching({
      sshConfig: description.sshConfig,
      ask,
      environment: options.environment,
      onHostKey: (key) => void append({ ...key, kind: 'host-key-accepted' }).catch(() => undefined),
    }),
    inventory: description.inventory,
    record: append,
  });
  const common = {
    paths: options.paths,
    description,
    state,
    machines,
    ask,
    assetOf: options.assetOf,
    reportAssets: options.reportAssets,
    record: append,
    now: options.now,
    product: options.product,
    cancel,
    detach: options.detach,
  };
  try {
    const outcome = await runSegments(common);
    await append({ kind: 'runner-ended', ...outcome });
    return outcome;
  } finally {
    await machines.close();
  }
}

type Common = Omit<RunContext, 'plan'>;

/** Executes what is not settled yet, segment by segment; one that is added meanwhile comes last. */
async function runSegments(common: Common): Promise<Outcome> {
  for (let index = 0; ; index += 1) {
    const segments = await readSegments(common.paths);
    const segment = segments[index];
    if (segment === undefined) return { status: 'completed' };
    await introduce(common, segment);
    const outcome = await runSegment({ ...common, plan: segment.plan });
    if (outcome.status !== 'completed') return outcome;
  }
}

async function introduce(common: Common, segment: Segment): Promise<void> {
  const { plan } = segment;
  const hash = sha256(JSON.stringify(plan));
  const known = common.state.segments.find((record) => record.segment === segment.segment);
  if (known !== undefined) {
    if (known.sha256 === hash) return;
    throw new RunError('run-damaged', { file: known.file, detail: 'the approved plan was changed' });
  }
  await common.record({
    kind: 'segment',
    segment: segment.segment,
    file: segmentFile(segment.segment),
    sha256: hash,
    stages: plan.stages,
    quick: plan.quick,
    retries: plan.retries,
    steps: plan.steps.map((step) => summaryOf(step)),
  } satisfies NewEvent);
}

function summaryOf(step: Step): StepSummary {
  const { id, stage, machine, title, action, seconds } = step;
  const trial = action.kind === 'measure' ? action.trial : undefined;
  return { id, stage, machine, title, kind: action.kind, trial, seconds };
}

/** A trial that failed by its rule is on record; the others go on. */
function lastTrialFailed(context: RunContext, step: Step): boolean {
  const record = context.state.steps.get(step.id);
  return record !== undefined && isSettled(context.state, record);
}

/** A signal may abort during any await; asking a function keeps the compiler from thinking otherwise. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/**
 * What is left of a segment. Steps that prepare a machine for a trial that is still to come are looked at again
 * when a run is resumed: their files may have been cleaned away meanwhile. Where all is in place they do nothing.
 */
function stepsLeft({ plan, state }: RunContext): readonly Step[] {
  const isOpen = (step: Step): boolean => {
    const record = state.steps.get(step.id);
    return record === undefined || !isSettled(state, record);
  };
  const prepares = (step: Step): boolean => step.action.kind === 'upload' || step.check !== undefined;
  return plan.steps.filter((step, index) => {
    if (isOpen(step)) return true;
    const later = plan.steps.slice(index + 1);
    return (
      prepares(step) &&
      later.some((other) => other.machine === step.machine && isOpen(other) && measures(other))
    );
  });
}

function measures({ action }: Step): boolean {
  return action.kind === 'measure';
}

/** Hosts that a plan measures on, themselves or their guests. */
function hostsOf({ plan }: RunContext): readonly string[] {
  return [...new Set(plan.steps.flatMap(({ action }) => (action.kind === 'measure' ? [action.lease] : [])))];
}

async function runSegment(context: RunContext): Promise<Outcome> {
  const left = stepsLeft(context);
  // Where nothing is left an earlier runner may have died before it gave back what it held.
  const hosts = left.length > 0 ? hostsOf(context) : [...context.state.leases];
  try {
    return await withLeases(context, hosts, () => runSteps(context, left));
  } catch (error) {
    return stopped(context, failureOf(error));
  }
}

/** How a run stands that could not go on: told to stop, or failed. */
function stopped(context: RunContext, failure: Failure): Outcome {
  if (isAborted(context.detach)) return { status: 'detached' };
  return { status: isAborted(context.cancel) ? 'cancelled' : 'failed', failure };
}

async function runSteps(context: RunContext, steps: readonly Step[]): Promise<Outcome> {
  for (const step of steps) {
    if (context.cancel.aborted) return { status: 'cancelled' };
    if (isAborted(context.detach)) return { status: 'detached' };
    try {
      const end = await runStep(context, step);
      if (end.status === 'done' || lastTrialFailed(context, step)) continue;
      const cancelled = end.status === 'cancelled' || isAborted(context.cancel);
      return { status: cancelled ? 'cancelled' : 'failed', failure: end.failure };
    } catch (error) {
      return stopped(context, failureOf(error));
    }
  }
  return { status: 'completed' };
}

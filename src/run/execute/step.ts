import type { Action, Step } from '../../core/recipe/plan.ts';
import { CodedError } from '../../core/error.ts';
import type { RunContext, StepEnd } from '../context.ts';
import { RunError } from '../error.ts';
import type { Failure } from '../events.ts';
import { lastAttempt, type RunState, type StepRecord } from '../state.ts';
import { guardChange } from '../undo/guard.ts';
import type { Execution, Executor } from './action.ts';
import { outputLines, runCall } from './call.ts';
import { executeMeasure } from './measure.ts';
import { executeProbe } from './probe.ts';
import { executeReport } from './report.ts';
import { executeScript } from './script.ts';
import { executeUpload } from './upload.ts';

const executors: { readonly [Kind in Action['kind']]: Executor<Kind> } = {
  probe: executeProbe,
  upload: executeUpload,
  script: executeScript,
  measure: executeMeasure,
  report: executeReport,
};

function execute<Kind extends Action['kind']>(execution: Execution<Kind>): Promise<StepEnd> {
  const executor: Executor<Kind> = executors[execution.action.kind];
  return executor(execution);
}

/** Whether a run that is resumed leaves a step alone. A trial whose repeats are used up stays as it is. */
export function isSettled(state: RunState, step: StepRecord): boolean {
  if (step.status === 'done' || step.status === 'skipped') return true;
  return step.status !== 'running' && ruleFor(state, step) === 'used-up';
}

/** What the experiment's rule (`retries`) says after a step's last attempt; none: it was no failed trial. */
function ruleFor(state: RunState, step: StepRecord): 'none' | 'repeat' | 'used-up' {
  const failed = step.attempts.map(({ attempt }) => isTrialFailure(state, step.id, attempt));
  if (failed.at(-1) !== true) return 'none';
  const retries = state.segments.find(({ segment }) => segment === step.segment)?.retries ?? 0;
  return failed.filter(Boolean).length <= retries ? 'repeat' : 'used-up';
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CodedError) return { reason: String(error.reason), data: error.data };
  return { reason: 'internal', data: { detail: error instanceof Error ? error.message : String(error) } };
}

/**
 * Runs a step to its end, repeated by the experiment's rule where it is a trial that failed. An attempt that an
 * earlier runner left in the middle is taken up.
 *
 * @throws RunError `controller-disk-full` where nothing can be journalled any more, and `cancelled` on detaching.
 */
export async function runStep(context: RunContext, step: Step): Promise<StepEnd> {
  for (;;) {
    const end = await runAttempt(context, step);
    // Cancelled, but not now: an earlier runner was told to and died of something else before it said so.
    const again = end.status === 'cancelled' || ruleFor(context.state, recordOf(context, step)) === 'repeat';
    if (!again || context.cancel.aborted) return end;
  }
}

/**
 * Whether an attempt is a failure of the workload itself, which the experiment's rule repeats and which does not
 * stop the run. A reboot, a full disk, a cancellation, or a trial that could not even begin is none.
 */
export function isTrialFailure(state: RunState, step: string, attempt: number | undefined): boolean {
  const trial = state.trials.find((record) => record.step === step && record.attempt === attempt);
  if (trial === undefined || trial.failure?.reason === 'disk-full') return false;
  return trial.status === 'failed' || trial.status === 'invalid' || trial.failure?.reason === 'job-killed';
}

function recordOf(context: RunContext, step: Step): StepRecord {
  const record = context.state.steps.get(step.id);
  if (record === undefined) {
    throw new RunError('run-damaged', {
      file: context.paths.journal,
      detail: `no segment introduces ${step.id}`,
    });
  }
  return record;
}

async function runAttempt(context: RunContext, step: Step): Promise<StepEnd> {
  const last = lastAttempt(recordOf(context, step));
  const goesOn = last?.status === 'running';
  const attempt = goesOn ? last.attempt : (last?.attempt ?? 0) + 1;
  if (!goesOn) await context.record({ kind: 'step-started', step: step.id, attempt });
  const jobBegun = goesOn && last.job !== null;
  const end = await attemptOnce({ context, step, attempt, jobBegun });
  if (end === 'skipped') {
    await context.record({ kind: 'step-skipped', step: step.id, attempt });
    return { status: 'done' };
  }
  await context.record({
    kind: 'step-ended',
    step: step.id,
    attempt,
    status: end.status,
    failure: end.status === 'done' ? undefined : end.failure,
  });
  return end;
}

type Attempt = {
  readonly context: RunContext;
  readonly step: Step;
  readonly attempt: number;
  /** The attempt's job was begun by an earlier runner: check and undo are behind it. */
  readonly jobBegun: boolean;
};

async function attemptOnce({ context, step, attempt, jobBegun }: Attempt): Promise<StepEnd | 'skipped'> {
  try {
    if (!jobBegun) {
      if (await isAlreadySo(context, step)) return 'skipped';
      await guardChange(context, step);
    }
    const end = await execute({ context, step, action: step.action, attempt });
    return end.status === 'done' ? await verify(context, step) : end;
  } catch (error) {
    // Nothing can be written any more, or nobody waits any more: the attempt stays open and is taken up on resume.
    if (RunError.is(error, 'controller-disk-full') || context.detach.aborted) throw error;
    // So does one whose job may be running out there: a new attempt would run beside it.
    if (jobIsOpen(recordOf(context, step)) && !RunError.is(error, 'cancelled')) throw error;
    if (context.cancel.aborted) {
      return { status: 'cancelled', failure: { reason: 'cancelled', data: { step: step.id } } };
    }
    return { status: 'failed', failure: failureOf(error) };
  }
}

function jobIsOpen(record: StepRecord): boolean {
  const job = lastAttempt(record)?.job ?? null;
  return job !== null && job.end === null;
}

async function isAlreadySo(context: RunContext, step: Step): Promise<boolean> {
  if (step.check === undefined) return false;
  const result = await runCall(context, step, step.check);
  if (result.exitStatus !== 0) return false;
  const outputs = outputLines(result.stdout);
  if ((step.outputs ?? []).some((name) => !(name in outputs))) return false;
  if (step.outputs !== undefined) await context.record({ kind: 'outputs', step: step.id, values: outputs });
  return true;
}

async function verify(context: RunContext, step: Step): Promise<StepEnd> {
  if (step.expect === undefined) return { status: 'done' };
  const result = await runCall(context, step, step.expect);
  if (result.exitStatus === 0) return { status: 'done' };
  const found = `${result.stdout}\n${result.stderr}`.trim().slice(-1000);
  return {
    status: 'failed',
    failure: { reason: 'expectation-failed', data: { machine: step.machine, step: step.id, found } },
  };
}

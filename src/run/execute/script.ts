import { failed, type RunContext, type StepEnd } from '../context.ts';
import type { JobEnd } from '../events.ts';
import type { Step } from '../../core/recipe/plan.ts';
import { lastAttempt } from '../state.ts';
import type { Executor } from './action.ts';
import { runJob } from './job.ts';

/** Whether somebody wished the end of a step's job, now or while an earlier runner followed it. */
function isCancelled({ cancel, state }: RunContext, step: Step): boolean {
  const record = state.steps.get(step.id);
  return cancel.aborted || (record !== undefined && lastAttempt(record)?.cancelRequested === true);
}

/** What the end of a job means for its step. */
export function endOfJob(context: RunContext, step: Step, end: JobEnd): StepEnd {
  const { machine } = step;
  switch (end.state) {
    case 'lost':
      return {
        status: 'lost',
        failure: { reason: end.because === 'reboot' ? 'lost-by-reboot' : 'job-killed', data: { machine } },
      };
    case 'absent':
      return { status: 'lost', failure: { reason: 'job-killed', data: { machine } } };
    case 'exited':
      if (isCancelled(context, step) && end.exitStatus !== 0) {
        return { status: 'cancelled', failure: { reason: 'cancelled', data: { step: step.id } } };
      }
      if (end.freeBytes === 0)
        return failed('disk-full', { machine, where: 'target', status: end.exitStatus });
      if (end.exitStatus !== 0)
        return failed('action-failed', { machine, step: step.id, status: end.exitStatus });
      return { status: 'done' };
  }
}

export const executeScript: Executor<'script'> = async ({ context, step, action, attempt }) => {
  const end = await runJob(context, { step, attempt, call: action.call });
  const outcome = endOfJob(context, step, end);
  if (outcome.status !== 'done' || end.state !== 'exited') return outcome;
  if (end.badOutput !== null) return failed('output-damaged', { step: step.id, line: end.badOutput });
  const missing = (step.outputs ?? []).find((name) => !(name in end.outputs));
  if (missing !== undefined) return failed('output-missing', { step: step.id, output: missing });
  if (Object.keys(end.outputs).length > 0) {
    await context.record({ kind: 'outputs', step: step.id, values: end.outputs });
  }
  return outcome;
};

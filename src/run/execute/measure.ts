import { createReadStream } from 'node:fs';
import type { WorkloadReader, WorkloadResult } from '../../core/workload/workload.ts';
import { workloads } from '../../core/workload/adapters.ts';
import { failed, type StepEnd } from '../context.ts';
import { logFile } from '../directory.ts';
import { keeperOf } from '../machines.ts';
import type { JobEnd, TrialStatus } from '../events.ts';
import type { TrialRecord } from '../state.ts';
import { noteLease } from '../lease/lease.ts';
import type { Execution, Executor } from './action.ts';
import { runJob } from './job.ts';
import { endOfJob } from './script.ts';

/** What a trial is worth: the job's end and the workload's own output must both say that it went well. */
function verdict(
  execution: Execution<'measure'>,
  end: JobEnd,
  reader: WorkloadReader,
): { readonly status: TrialStatus; readonly outcome: StepEnd; readonly result: WorkloadResult } {
  const { context, step } = execution;
  const exitStatus = end.state === 'exited' ? end.exitStatus : null;
  const result = reader.end(exitStatus);
  const outcome = endOfJob(context, step, end);
  if (outcome.status === 'lost' || outcome.status === 'cancelled')
    return { status: outcome.status, outcome, result };
  const problem = result.problems[0];
  if (result.state === 'complete' && result.valid === false) {
    const data = {
      machine: step.machine,
      problem: problem?.code ?? 'invalid',
      evidence: problem?.evidence ?? '',
    };
    return { status: 'invalid', outcome: failed('trial-invalid', data), result };
  }
  if (outcome.status !== 'done') return { status: 'failed', outcome, result };
  if (result.score === null) {
    const data = {
      machine: step.machine,
      problem: problem?.code ?? 'no-score',
      evidence: problem?.evidence ?? '',
    };
    return { status: 'failed', outcome: failed('trial-without-score', data), result };
  }
  return { status: 'ok', outcome, result };
}

/** The end of an attempt that an earlier runner had journalled before it died. */
function endOfTrial(trial: TrialRecord): StepEnd {
  const { machine, step } = trial;
  const failure = trial.failure ?? { reason: 'action-failed', data: { machine, step, status: '?' } };
  switch (trial.status) {
    case 'ok':
      return { status: 'done' };
    case 'lost':
    case 'cancelled':
      return { status: trial.status, failure };
    case 'invalid':
    case 'failed':
      return { status: 'failed', failure };
  }
}

/** Lets other runs see whether the process that is measured on the host lives. One in a guest cannot be seen there. */
async function notePid({ context, action }: Execution<'measure'>, pid: number): Promise<void> {
  if (action.trial.side !== 'host') return;
  const as = keeperOf(context.description.inventory, action.lease);
  const { transport } = context.machines.get(action.lease);
  await noteLease({ transport, as }, { run: context.description.run, pid }, context.detach);
}

/**
 * One trial: the workload as a job, its result. The segment holds the host's lease; while the trial runs nothing
 * else touches the host. Every attempt is journalled with what it gave, also a failed one.
 */
export const executeMeasure: Executor<'measure'> = async (execution) => {
  const { context, step, action, attempt } = execution;
  const recorded = context.state.trials.find((trial) => trial.step === step.id && trial.attempt === attempt);
  if (recorded !== undefined) return endOfTrial(recorded);
  const end = await runJob(context, { step, attempt, call: action.call }, (pid) => notePid(execution, pid));
  // Between two trials the host is still held, though no job of ours runs on it.
  await notePid(execution, 0).catch(() => undefined);
  const reader = workloads[action.workload].reader();
  // In pieces: a day of output would not fit into the memory that we promise to stay below.
  const log = createReadStream(logFile(context.paths, step.id, attempt), 'utf8');
  for await (const text of log as AsyncIterable<string>) reader.take(text);
  const { status, outcome, result } = verdict(execution, end, reader);
  await context.record({
    kind: 'trial-ended',
    step: step.id,
    attempt,
    ...action.trial,
    machine: step.machine,
    status,
    failure: outcome.status === 'done' ? undefined : outcome.failure,
    configHash: action.configHash,
    result,
  });
  return outcome;
};

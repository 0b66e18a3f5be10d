import type { WorkloadReason } from './error.ts';
import type { WorkloadProblem } from './workload.ts';

/** Texts for the reasons of WorkloadError. */
export const workloadMessages: Record<WorkloadReason, string> = {
  'java-option-line':
    'The Java option {option} holds a line break or a NUL character. Write every option of the JVM as an entry of its own in `java:`.',
  'seconds-unusable':
    'The workload setting {name} is {value}. It must be a number of seconds from {least} to 999999 with at most three decimals.',
  'warehouses-unusable':
    'The workload cannot run with {value} warehouses. It needs a whole number from 1 to 99999, usually the number of CPUs of the guest.',
};

/** Texts for what can be wrong with a result; the line of output that shows it stands beside them. */
export const workloadProblemMessages: Record<WorkloadProblem['code'], string> = {
  'thread-died':
    'A worker thread died, so less work was done than was asked for. Look for its error in the log.',
  'out-of-memory':
    'The JVM ran out of memory. Give both sides a larger heap (-Xmx) that fits the memory of the guest.',
  'jvm-crashed': 'The JVM crashed. Look for hs_err_pid*.log on the machine; the trial has no score.',
  'no-score': 'The output holds no score that can be trusted. The trial did not run to its end or failed.',
  'point-missing': 'A point of the ramp has no result. A score needs every point.',
  'score-mismatch': 'The printed numbers do not fit each other. The output was damaged or changed.',
  'time-deviates':
    'A point took more than 15 % longer or shorter than was asked for. The numbers use the measured time, but the machine was busy with something else or was paused.',
  'work-differs':
    'The fixed work check gave another checksum than expected: this is another version of the workload, or the machine computes wrongly.',
  'output-damaged':
    'The output is damaged or incomplete. Look for a full disk or two programs writing one log.',
};

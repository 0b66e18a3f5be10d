import { CodedError } from '../core/error.ts';

export type RunReason =
  | 'run-not-found'
  | 'run-damaged' // a file of the run directory is not what it should be; data: file, detail
  | 'format-newer' // data: file, found, known
  | 'journal-damaged' // data: file, line
  | 'runner-active' // another runner drives this run; data: pid, machine
  | 'runner-elsewhere' // locked by a runner on another controller
  | 'runner-silent' // started, but does not answer; data: log
  | 'controller-disk-full'
  | 'not-approved'
  | 'nothing-to-resume'
  | 'machine-not-listed' // a machine that the inventory does not have
  | 'address-unknown' // a guest of which only the user is given; data: machine, user
  | 'lease-held' // data: machine, owner, run
  | 'undo-failed'
  | 'undo-left' // clean refused: changes are not taken back yet
  | 'output-damaged' // a line of $OUTPUTS is not NAME=value; data: step, line
  | 'output-missing' // a step did not produce a promised output
  | 'expectation-failed'
  | 'action-failed' // exit status not 0
  | 'lost-by-reboot'
  | 'job-killed'
  | 'cancelled';

export class RunError extends CodedError<RunReason> {
  static is(error: unknown, ...reasons: readonly RunReason[]): error is RunError {
    return error instanceof RunError && (reasons.length === 0 || reasons.includes(error.reason));
  }
}

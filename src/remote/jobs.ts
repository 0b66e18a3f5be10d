import type { ScriptCall } from './transport.ts';

/**
 * A job: a script detached on the target with its own session, log and exit file under
 * `<stateDirectory>/jobs/<id>/`. Losing the connection, the window or the controller neither kills nor
 * corrupts it; following it again loses and repeats no byte.
 */
export type JobRef = { readonly id: string; readonly as: 'login' | 'root' };

export type JobStart = {
  /** exists: a job of this id was started before (and is not started twice). */
  readonly state: 'started' | 'exists';
  readonly pid: number;
  /** Boot in which it was started; all zeros, with the process id 0, where a power cut damaged the record of it. */
  readonly bootId: string;
};

export type JobState =
  | { readonly state: 'running'; readonly logBytes: number }
  | {
      readonly state: 'exited';
      /** Exit status of the script; 128 + n where signal n ended it. */
      readonly exitStatus: number;
      readonly logBytes: number;
      /** Free bytes on the file system of the log when it ended: 0 explains a damaged log. */
      readonly freeBytes: number;
      /** Lines `NAME=value` that the script appended to $OUTPUTS. */
      readonly outputs: Readonly<Record<string, string>>;
      /**
       * The first line of $OUTPUTS that is no `NAME=value`, or the last one where its end is missing; null where
       * all are good. Of a script that says it succeeded it means that a value is lost.
       */
      readonly badOutput: string | null;
    }
  | {
      readonly state: 'lost';
      /**
       * reboot: the machine was booted since (its shutdown ended the script, or nothing was left to say how it
       * ended), or is going down; killed: the job's wrapper vanished without a trace. As `state` gives it, the
       * script may live on then; `follow` and `cancel` have ended it.
       */
      readonly because: 'reboot' | 'killed';
      readonly logBytes: number;
    }
  | { readonly state: 'absent' };

export type FollowOptions = {
  readonly signal: AbortSignal;
  /** First byte of the log that is wanted: the number of bytes already here. */
  readonly offset: number;
  /** Log bytes in order, nothing lost or repeated. A returned promise holds the sender back. */
  readonly onBytes: (chunk: Uint8Array) => void | Promise<void>;
};

export type Jobs = {
  start(job: JobRef, call: ScriptCall, signal: AbortSignal): Promise<JobStart>;
  /**
   * Resolves when the job is over and every byte of its log was delivered. Throws TransportError when the connection
   * is lost: call again with the new offset. Where the job's wrapper was killed, its script's process group is ended
   * first (TERM, after 10 s KILL), so that nothing of a lost job runs beside its next attempt; `script-failed` names
   * the group where it survives that.
   */
  follow(job: JobRef, options: FollowOptions): Promise<Exclude<JobState, { state: 'running' }>>;
  state(job: JobRef, signal: AbortSignal): Promise<JobState>;
  /**
   * Ends the job's whole process group: TERM, after `graceSeconds` KILL. A job that was cancelled stays `exited`
   * with 128 + n, also when the machine is booted later. `script-failed` where the group survives.
   */
  cancel(
    job: JobRef,
    options: { readonly graceSeconds: number; readonly signal: AbortSignal },
  ): Promise<JobState>;
  /** Removes the job's directory; refused while it runs. */
  remove(job: JobRef, signal: AbortSignal): Promise<void>;
};

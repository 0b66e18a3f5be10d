import type { ScriptCall, Transport } from './transport.ts';

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
  /** Boot in which it was started. */
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
    }
  | {
      readonly state: 'lost';
      /** reboot: the machine was booted since; killed: the job's wrapper vanished without a trace. */
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
  /** Resolves when the job is over and every byte of its log was delivered. Throws TransportError when the connection is lost: call again with the new offset. */
  follow(job: JobRef, options: FollowOptions): Promise<Exclude<JobState, { state: 'running' }>>;
  state(job: JobRef, signal: AbortSignal): Promise<JobState>;
  /** Ends the job's whole process group: TERM, after `graceSeconds` KILL. */
  cancel(
    job: JobRef,
    options: { readonly graceSeconds: number; readonly signal: AbortSignal },
  ): Promise<JobState>;
  /** Removes the job's directory; refused while it runs. */
  remove(job: JobRef, signal: AbortSignal): Promise<void>;
};

export type JobsOf = (transport: Transport) => Jobs;

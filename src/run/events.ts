import type { ErrorData } from '../core/error.ts';
import type { Side, StageId, Text, TrialId } from '../core/recipe/plan.ts';
import type { WorkloadResult } from '../core/workload/workload.ts';
import type { JobState } from '../remote/jobs.ts';

export const JOURNAL_FORMAT = 1;

/** Why something did not work, as every coded error carries it. */
export type Failure = { readonly reason: string; readonly data: ErrorData };

/** A step as the journal introduces it, so that the run's state needs no other file. */
export type StepSummary = {
  readonly id: string;
  readonly stage: StageId;
  readonly machine: string;
  readonly title: Text;
  readonly kind: 'probe' | 'upload' | 'script' | 'measure' | 'report';
  readonly trial?: TrialId;
  readonly seconds: number;
};

export type JobEnd = Exclude<JobState, { state: 'running' }>;

export type TrialStatus = 'ok' | 'invalid' | 'failed' | 'lost' | 'cancelled';

type Attempt = { readonly step: string; readonly attempt: number };

/** What happened, one journal line each. Append-only; no secret ever. */
export type RunEvent = { readonly at: string } & (
  | {
      readonly kind: 'journal';
      readonly format: 'kvm-parity-journal';
      readonly formatVersion: number;
      readonly run: string;
      readonly experiment: string;
      readonly product: string;
    }
  | { readonly kind: 'runner-started'; readonly pid: number; readonly machine: string }
  | { readonly kind: 'runner-ended'; readonly status: RunStatus; readonly failure?: Failure }
  | { readonly kind: 'torn-line-dropped'; readonly bytes: number }
  | {
      readonly kind: 'segment';
      readonly segment: number;
      readonly file: string;
      readonly sha256: string;
      readonly stages: readonly StageId[];
      readonly quick: boolean;
      readonly retries: number;
      readonly steps: readonly StepSummary[];
    }
  | ({ readonly kind: 'step-started' } & Attempt)
  | ({ readonly kind: 'step-skipped' } & Attempt)
  | ({
      readonly kind: 'step-ended';
      readonly status: 'done' | 'failed' | 'lost' | 'cancelled';
      readonly failure?: Failure;
    } & Attempt)
  /** Written before the job is started, so that a crash in between starts it once and only once. */
  | ({
      readonly kind: 'job-intended';
      readonly job: string;
      readonly machine: string;
      readonly as: 'login' | 'root';
    } & Attempt)
  | ({
      readonly kind: 'job-started';
      readonly pid: number;
      readonly bootId: string;
      readonly again: boolean;
    } & Attempt)
  | ({ readonly kind: 'job-ended'; readonly end: JobEnd } & Attempt)
  | { readonly kind: 'outputs'; readonly step: string; readonly values: Readonly<Record<string, string>> }
  | {
      readonly kind: 'environment';
      readonly machine: string;
      readonly role: Side;
      readonly moment: 'before' | 'after';
      readonly file: string;
    }
  | ({
      readonly kind: 'trial-ended';
      readonly side: Side;
      readonly round: number;
      readonly machine: string;
      readonly status: TrialStatus;
      readonly failure?: Failure;
      readonly configHash: string;
      readonly result: WorkloadResult | null;
    } & Attempt)
  | { readonly kind: 'lease-acquired' | 'lease-released'; readonly host: string }
  | {
      readonly kind: 'undo-registered';
      readonly machine: string;
      readonly resource: string;
      readonly lasts: 'volatile' | 'persistent';
      readonly step: string;
    }
  | {
      readonly kind: 'undo-done';
      readonly machine: string;
      readonly resource: string;
      readonly result: 'restored' | 'void';
    }
  | { readonly kind: 'connection-lost'; readonly machine: string; readonly failure: Failure }
  | { readonly kind: 'connection-restored'; readonly machine: string; readonly seconds: number }
  | { readonly kind: 'question-asked'; readonly id: number; readonly about: string; readonly machine: string }
  | { readonly kind: 'question-answered'; readonly id: number; readonly given: boolean }
  /** Nobody was asked: the user's ssh configuration (StrictHostKeyChecking) says so. */
  | {
      readonly kind: 'host-key-accepted';
      readonly machine: string;
      readonly host: string;
      readonly keyType: string;
      readonly fingerprint: string;
      readonly file: string;
    }
  | { readonly kind: 'cancel-requested' }
  | { readonly kind: 'report-written'; readonly file: string }
);

/**
 * running: a runner is (or was, until it died) at it; completed: every step ended well or by its rule;
 * failed and cancelled can be resumed; detached: the runner was stopped on purpose, jobs go on.
 */
export type RunStatus = 'created' | 'running' | 'completed' | 'failed' | 'cancelled' | 'detached';

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;
/** An event before the journal gave it its time. */
export type NewEvent = WithoutTime<RunEvent>;

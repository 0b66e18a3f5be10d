import type { Side } from '../recipe/plan.ts';
import type { WorkloadResult } from '../workload/workload.ts';

/** What a report is made of; the run's journal holds all of it. Times are ISO 8601 by the controller's clock. */
export type ReportInput = {
  readonly runId: string;
  readonly productVersion: string;
  readonly experiment: { readonly name: string; readonly settings: readonly SettingLine[] };
  /** Run with the shortest settings, to prove the pipeline. */
  readonly quick: boolean;
  /** unchanged: the machines were measured as they were. */
  readonly placement: 'recipe' | 'same-node' | 'unchanged';
  readonly memory: 'node-local' | 'recipe' | 'unchanged';
  /** As the experiment asks for. */
  readonly order: 'abba' | 'blocked';
  readonly startedAt: string | null;
  /** End of the last trial or other step; null where none ended. */
  readonly endedAt: string | null;
  /** Every attempt of every trial, in the order they ran. */
  readonly trials: readonly TrialAttempt[];
  readonly environments: Readonly<Record<Side, EnvironmentMoments>>;
  readonly timeline: readonly TimelineEvent[];
};

/** One setting as a person reads it: `measure seconds`, `240`. */
export type SettingLine = { readonly key: string; readonly text: string };

/** ok: ended well with a score; failed: the process failed; invalid: ended, but its numbers do not count; lost: no trace of its end. */
export type TrialStatus = 'ok' | 'failed' | 'invalid' | 'lost';

export type TrialAttempt = {
  readonly side: Side;
  /** Both count from 1. */
  readonly round: number;
  readonly attempt: number;
  readonly machine: string;
  readonly status: TrialStatus;
  /** Why it failed or does not count, for people; null where it is ok. */
  readonly reason: string | null;
  readonly result: WorkloadResult | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Hash of the workload's configuration, as the workload printed it. */
  readonly configHash: string | null;
  readonly javaVersion: string | null;
  /** Processors that Java saw. */
  readonly processors: number | null;
  /** Boot of the machine that it ran in (kernel: random/boot_id); null where not known. */
  readonly bootId: string | null;
};

/** One line of an environment's summary; `available` false: the text says why nothing is known. */
export type EnvironmentLine = { readonly key: string; readonly text: string; readonly available: boolean };

/** Empty where that probe did not happen. */
export type EnvironmentMoments = {
  readonly before: readonly EnvironmentLine[];
  readonly after: readonly EnvironmentLine[];
  /** Releases of the kernel in all probes of the run, each once, in their order; unknown ones left out. */
  readonly kernels: readonly string[];
};

export type TimelineEvent = { readonly at: string; readonly machine: string | null; readonly text: string };

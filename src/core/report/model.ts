import type { Side, Text } from '../recipe/plan.ts';
import type { Ratio } from '../statistics/ratio.ts';
import type { Summary } from '../statistics/summary.ts';
import type { ReportInput, TrialAttempt } from './input.ts';

export const REPORT_FORMAT = 1;

/**
 * All that a report shows, ready to be rendered. Its JSON (`renderJson`) is an interface: names stay.
 * Throughputs and scores are in the unit of `workload.metric`; times ISO 8601; ratios are guest / host.
 */
export type Report = {
  readonly format: 'kvm-parity-report';
  readonly formatVersion: typeof REPORT_FORMAT;
  readonly productVersion: string;
  readonly runId: string;
  readonly experiment: ReportInput['experiment'];
  readonly quick: boolean;
  readonly placement: ReportInput['placement'];
  readonly memory: ReportInput['memory'];
  /** As the experiment asks for; `trials` is the order that ran. */
  readonly order: ReportInput['order'];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Null where no trial gave a result. `label` stands beside every number. */
  readonly workload: { readonly name: string; readonly label: string; readonly metric: string } | null;
  /** Whether the two sides may be compared: true exactly where no finding is a failure. */
  readonly comparable: boolean;
  /** The answer in one sentence. */
  readonly verdict: Text;
  readonly findings: readonly ReportFinding[];
  readonly sides: Readonly<Record<Side, SideReport>>;
  /** Of the scores. Null where a side has no valid trial or the sides cannot be compared; given for a quick run, which shows nothing but that the pipeline works. */
  readonly ratio: Ratio | null;
  readonly program: readonly ProgramRow[];
  readonly points: readonly PointReport[];
  /** Every attempt in the order it ran. */
  readonly trials: readonly TrialReport[];
  readonly environment: EnvironmentReport;
  readonly timeline: ReportInput['timeline'];
};

/** failure: the sides cannot be compared; warning: to be weighed; note: to be known. */
export type FindingSeverity = 'failure' | 'warning' | 'note';
export type ReportFinding = { readonly severity: FindingSeverity; readonly text: Text };

export type SideReport = {
  readonly machines: readonly string[];
  readonly attempts: number;
  /** Attempts that are listed but not averaged. */
  readonly excluded: number;
  /** Of the counted scores; null where there are none. */
  readonly score: Summary | null;
};

/** One thing that the counted trials said of their program. A side has several values where its trials differ; null: not said. */
export type ProgramRow = {
  readonly key: string;
  /** heap: a difference makes the sides incomparable; vm: a warning; shown: judged elsewhere. */
  readonly weight: 'heap' | 'vm' | 'shown';
  readonly host: readonly (string | null)[];
  readonly guest: readonly (string | null)[];
  readonly mark: 'same' | 'differs' | 'unknown';
};

/** Throughput at one number of warehouses, over the counted trials of each side. */
export type PointReport = {
  readonly warehouses: number;
  /** Whether the score's mean includes it. */
  readonly averaged: boolean;
  readonly host: Summary | null;
  readonly guest: Summary | null;
  /** Guest mean / host mean; null under the same conditions as the ratio of the scores. */
  readonly ratio: number | null;
};

export type TrialReport = TrialAttempt & {
  /** Whether its score is part of the numbers of its side. */
  readonly counted: boolean;
};

/** same, differs; host-only, guest-only: known on one side only; unknown: on neither. */
export type EnvironmentMark = 'same' | 'differs' | 'host-only' | 'guest-only' | 'unknown';

export type EnvironmentCell = { readonly text: string; readonly available: boolean };

export type EnvironmentReport = {
  readonly rows: readonly {
    readonly key: string;
    /** Null where that side has no such line. */
    readonly host: EnvironmentCell | null;
    readonly guest: EnvironmentCell | null;
    readonly mark: EnvironmentMark;
  }[];
  /** What the probe after the run found different from the one before it. */
  readonly changes: readonly {
    readonly side: Side;
    readonly key: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

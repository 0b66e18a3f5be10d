/** A result of one workload execution: never a number without its validity and its metric. */
export type WorkloadResult = {
  readonly workload: 'warehouse';
  /** What stands beside every number: that it is no SPEC result, and what it is. */
  readonly label: string;
  /** Name and unit of the score: `warehouse ops/s`. */
  readonly metric: string;
  /** complete: ran to its end; partial: stopped in the middle; aborted: never measured a point. */
  readonly state: 'complete' | 'partial' | 'aborted';
  /** false with reasons in `problems`; null where the output does not say. */
  readonly valid: boolean | null;
  /** Null unless the run is complete and valid. */
  readonly score: number | null;
  readonly points: readonly WorkloadPoint[];
  /** Reason codes with the line they come from, for people: a thread that died, a missing point … */
  readonly problems: readonly WorkloadProblem[];
  /** What the program said of itself: java version, processors, heap, hash of its configuration. */
  readonly properties: Readonly<Record<string, string>>;
};

export type WorkloadPoint = {
  readonly warehouses: number;
  /** Operations per second of measured time. */
  readonly throughput: number;
  /** Whether the score's mean includes it (N … 2N). */
  readonly averaged: boolean;
};

export type WorkloadProblem = {
  readonly code:
    | 'thread-died'
    | 'out-of-memory'
    | 'jvm-crashed'
    | 'no-score'
    | 'point-missing'
    | 'score-mismatch'
    | 'time-deviates'
    | 'work-differs'
    | 'output-damaged';
  /** The line of output that shows it, or a short English explanation. */
  readonly evidence: string;
};

/** What a running workload has reached, read from its output as it comes. */
export type WorkloadProgress = {
  readonly pointsDone: number;
  readonly pointsTotal: number | null;
  readonly warehouses: number | null;
  /** Latest throughput seen. */
  readonly throughput: number | null;
};

/** Takes an output piece by piece, cut anywhere, and says in the end what it is worth. */
export type WorkloadReader = {
  take(text: string): void;
  end(exitStatus: number | null): WorkloadResult;
};

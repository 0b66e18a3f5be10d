import type { Experiment } from '../inventory/inventory.ts';
import type { Script } from '../script/script.ts';
import { CodedError } from '../error.ts';
import type { MachineSummary } from './machineSummary.ts';
import type { Side, StageId, Step, Text } from './plan.ts';

export type PlanReason =
  | 'java-missing' // data: machine
  | 'facts-missing' // data: machine, fact
  | 'stage-unknown'; // data: stage, known

export class PlanError extends CodedError<PlanReason> {}

/** What a stage plans from. */
export type PlanContext = {
  readonly experiment: Experiment;
  readonly machines: Readonly<Record<Side, MachineSummary>>;
  readonly stages: readonly StageId[];
  readonly quick: boolean;
  /** Hash of a canonical text, lower-case hex (core itself computes none). */
  readonly hash: (text: string) => string;
};

/** A step before it has its number in the plan. `key` is unique in the plan; other steps refer to it. */
export type StepDraft = Omit<Step, 'id' | 'stage'> & { readonly key: string };

/**
 * One section of the recipe, as steps. The planner puts all `prepare` steps first, weaves the `trial`s of both
 * sides together, then adds all `finish` steps.
 */
export type Stage = {
  readonly id: StageId;
  readonly scripts: readonly Script[];
  readonly prepare: (context: PlanContext) => readonly StepDraft[];
  readonly trial?: {
    readonly side: Side;
    readonly steps: (context: PlanContext, round: number) => readonly StepDraft[];
  };
  readonly finish: (context: PlanContext) => readonly StepDraft[];
  /** What is odd about running it on these machines. */
  readonly warnings: (context: PlanContext) => readonly Text[];
};

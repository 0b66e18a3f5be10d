import type { Action, Step } from '../../core/recipe/plan.ts';
import type { RunContext, StepEnd } from '../context.ts';

export type ActionOf<Kind extends Action['kind']> = Action & { readonly kind: Kind };

/** What an executor is given: the step and its action, narrowed. */
export type Execution<Kind extends Action['kind']> = {
  readonly context: RunContext;
  readonly step: Step;
  readonly action: ActionOf<Kind>;
  /** From 1; the first attempt and every repeat have their own job and log. */
  readonly attempt: number;
};

/** Does one action. Connection and controller errors are thrown, everything else is the step's end. */
export type Executor<Kind extends Action['kind']> = (execution: Execution<Kind>) => Promise<StepEnd>;

import { measureGuestStage, measureHostStage } from './measure/stage.ts';
import {
  PLAN_FORMAT,
  type Plan,
  type PlannedCall,
  type Side,
  type StageId,
  type Step,
  type TrialId,
} from './plan.ts';
import { probeStage } from './probe/stage.ts';
import { reportStage } from './report/stage.ts';
import { PlanError, type PlanContext, type Stage, type StepDraft } from './stage.ts';
import { trialOrder } from './trials.ts';

const stages: Readonly<Record<StageId, Stage>> = {
  probe: probeStage,
  'measure-guest': measureGuestStage,
  'measure-host': measureHostStage,
  report: reportStage,
};

/** All stages in the recipe's order. */
export const stageIds = Object.keys(stages) as readonly StageId[];

/** @throws PlanError `stage-unknown`. */
export function stageId(text: string): StageId {
  const id = stageIds.find((candidate) => candidate === text);
  if (id === undefined) throw new PlanError('stage-unknown', { stage: text, known: stageIds.join(', ') });
  return id;
}

export type PlanInput = PlanContext & {
  /** Which plan of its run this is, from 1. */
  readonly segment: number;
  /** Rounds that earlier segments of the run have. */
  readonly roundsDone: Readonly<Record<Side, number>>;
};

/** A draft with the stage that made it. */
type Drafted = { readonly stage: StageId; readonly draft: StepDraft };

/**
 * The plan: every step in order, every script's text, and what must be approved. The same input gives the same plan.
 *
 * @throws PlanError where the machines lack what a stage cannot do without.
 */
export function planExperiment(input: PlanInput): Plan {
  const chosen = stageIds.filter((id) => input.stages.includes(id)).map((id) => stages[id]);
  const drafts = weave(chosen, input);
  const steps = number(drafts, input.segment);
  const used = new Set(steps.flatMap(scriptNames));
  const scripts = chosen.flatMap((stage) => stage.scripts).filter((script) => used.has(script.name));
  return {
    format: 'kvm-parity-plan',
    formatVersion: PLAN_FORMAT,
    experiment: input.experiment.name,
    stages: chosen.map((stage) => stage.id),
    quick: input.quick,
    scripts: Object.fromEntries(scripts.map((script) => [script.name, script])),
    steps,
    retries: input.experiment.repeat.retries,
    approval: {
      reboots: [],
      domainsDown: [],
      packages: [],
      loggedIn: Object.values(input.machines).flatMap((machine) =>
        machine.loggedIn.map((line) => `${machine.machine}: ${line}`),
      ),
      seconds: Math.ceil(steps.reduce((sum, step) => sum + step.seconds, 0)),
      warnings: chosen.flatMap((stage) => stage.warnings(input)),
    },
  };
}

/** The scripts that a step may run. */
function scriptNames({ action, check, expect, undo }: Step): readonly string[] {
  const doing = action.kind === 'script' || action.kind === 'measure' ? action.call : undefined;
  const asking = action.kind === 'probe' ? action.scripts : [];
  const calls = [doing, check, expect, undo?.original, undo?.call];
  return [...asking, ...calls.flatMap((call) => (call ? [call.script] : []))];
}

function weave(chosen: readonly Stage[], input: PlanInput): readonly Drafted[] {
  const drafted = (stage: Stage, drafts: readonly StepDraft[]): readonly Drafted[] =>
    drafts.map((draft) => ({ stage: stage.id, draft }));
  const trialStage = (trial: TrialId): Stage | undefined =>
    chosen.find((stage) => stage.trial?.side === trial.side);
  const sides = chosen.flatMap((stage) => (stage.trial === undefined ? [] : [stage.trial.side]));
  const { order, trials } = input.experiment.repeat;
  return [
    ...chosen.flatMap((stage) => drafted(stage, stage.prepare(input))),
    ...trialOrder(order, sides, { trials, done: input.roundsDone }).flatMap((trial) => {
      const stage = trialStage(trial);
      return stage?.trial === undefined ? [] : drafted(stage, stage.trial.steps(input, trial.round));
    }),
    ...chosen.flatMap((stage) => drafted(stage, stage.finish(input))),
  ];
}

/** Gives every step its id, `<segment>.<number>-<key>`, and points references from keys to ids. */
function number(drafts: readonly Drafted[], segment: number): readonly Step[] {
  const width = String(drafts.length).length;
  const ids = new Map(
    drafts.map(({ draft }, index) => [
      draft.key,
      `${segment}.${String(index + 1).padStart(Math.max(2, width), '0')}-${draft.key}`,
    ]),
  );
  const idOf = (key: string): string => {
    const id = ids.get(key);
    if (id === undefined) throw new RangeError(`no step ${key} in the plan`);
    return id;
  };
  const call = (planned: PlannedCall): PlannedCall => ({
    ...planned,
    parameters: Object.fromEntries(
      Object.entries(planned.parameters).map(([name, value]) => [
        name,
        typeof value === 'object' ? { step: idOf(value.step), output: value.output } : value,
      ]),
    ),
  });
  return drafts.map(({ stage, draft: { key, ...step } }) => ({
    ...step,
    id: idOf(key),
    stage,
    action:
      step.action.kind === 'script' || step.action.kind === 'measure'
        ? { ...step.action, call: call(step.action.call) }
        : step.action,
    check: step.check && call(step.check),
    expect: step.expect && call(step.expect),
    undo: step.undo && { ...step.undo, original: call(step.undo.original), call: call(step.undo.call) },
  }));
}

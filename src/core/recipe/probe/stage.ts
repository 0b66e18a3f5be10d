import { probeScripts } from '../../facts/probe/probe.ts';
import type { PlanContext, Stage, StepDraft } from '../stage.ts';
import type { Side } from '../plan.ts';

/** Rough seconds of one probe: a round trip, a few hundred small reads, the hash of the emulator. */
const PROBE_SECONDS = 5;

function probeStep(context: PlanContext, side: Side, moment: 'before' | 'after'): StepDraft {
  const { machine, domain, record } = context.machines[side];
  return {
    key: `probe-${side}-${moment}`,
    title: { code: `step-probe-${moment}`, data: { machine } },
    machine,
    action: { kind: 'probe', moment, domain, record, scripts: probeScripts.map(({ name }) => name) },
    seconds: PROBE_SECONDS,
  };
}

/** Recipe 3: both environments, before the first and after the last trial, so that a change in between is seen. */
export const probeStage: Stage = {
  id: 'probe',
  scripts: probeScripts,
  prepare: (context) => [probeStep(context, 'host', 'before'), probeStep(context, 'guest', 'before')],
  finish: (context) =>
    context.stages.some((stage) => stage === 'measure-guest' || stage === 'measure-host')
      ? [probeStep(context, 'host', 'after'), probeStep(context, 'guest', 'after')]
      : [],
  warnings: () => [],
};

import { readFacts } from '../core/facts/facts.ts';
import type { Experiment } from '../core/inventory/inventory.ts';
import type { Plan, Side, StageId } from '../core/recipe/plan.ts';
import { planExperiment, stageId, stageIds } from '../core/recipe/planExperiment.ts';
import { summarizeMachine } from '../core/recipe/summarize.ts';
import { askedOf } from '../run/execute/probe.ts';
import { sha256 } from '../run/files.ts';
import { experimentOf, probeAll, type CommonOptions, type Session } from './session.ts';

export type PlanOptions = CommonOptions & {
  readonly stage?: readonly string[];
  readonly quick?: boolean;
};

export type Planned = { readonly experiment: Experiment; readonly plan: Plan };

/** Where in its run a plan stands. */
export type Placed = { readonly segment: number; readonly roundsDone: Readonly<Record<Side, number>> };

export const firstSegment: Placed = { segment: 1, roundsDone: { host: 0, guest: 0 } };

/** Probes both machines and plans the chosen stages; touches nothing. */
export async function makePlan(
  session: Session,
  request: {
    readonly name: string;
    readonly options: PlanOptions;
    readonly placed: Placed;
    readonly ownRun: string | null;
  },
  signal: AbortSignal,
): Promise<Planned> {
  const { name, options, placed, ownRun } = request;
  const experiment = experimentOf(session, name);
  const stages: readonly StageId[] = options.stage?.map((text) => stageId(text)) ?? stageIds;
  const { inventory } = session;
  const domain = inventory.hosts[experiment.host]?.guests[experiment.guest]?.domain ?? null;
  const use = { domainOf: () => domain, ownRun, signal };
  const [host, guest] = await probeAll(session, [experiment.host, experiment.guest], use);
  if (host === undefined || guest === undefined) throw new RangeError('two machines give two environments');
  const plan = planExperiment({
    experiment,
    machines: {
      host: summarizeMachine(experiment.host, readFacts(host), askedOf(inventory, experiment.host, domain)),
      guest: summarizeMachine(
        experiment.guest,
        readFacts(guest),
        askedOf(inventory, experiment.guest, domain),
      ),
    },
    stages,
    quick: options.quick === true,
    hash: sha256,
    ...placed,
  });
  return { experiment, plan };
}

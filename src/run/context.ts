import type { AssetName, Plan, PlannedCall, PlannedValue } from '../core/recipe/plan.ts';
import type { ParameterValue } from '../core/script/script.ts';
import type { ScriptCall } from '../remote/transport.ts';
import type { Ask } from './asking.ts';
import type { RunDescription, RunPaths } from './directory.ts';
import { RunError } from './error.ts';
import type { Failure, NewEvent } from './events.ts';
import type { Machines } from './machines.ts';
import type { RunState } from './state.ts';

/** A file that the product ships, on the controller. */
export type Asset = { readonly path: string; readonly size: number; readonly sha256: string };

/** Everything that executing a step needs. */
export type RunContext = {
  readonly paths: RunPaths;
  readonly description: RunDescription;
  readonly plan: Plan;
  readonly state: RunState;
  readonly machines: Machines;
  readonly ask: Ask;
  /** Directory of the report page's script and style. */
  readonly reportAssets: string;
  readonly assetOf: (name: AssetName) => Promise<Asset>;
  /** Journals an event and applies it to `state`. */
  readonly record: (event: NewEvent) => Promise<void>;
  readonly now: () => Date;
  readonly product: string;
  /** Soft: the current job is ended and no further step begins. */
  readonly cancel: AbortSignal;
  /** Hard: nothing is waited for any more; jobs on the machines go on. */
  readonly detach: AbortSignal;
};

/** Ends a call that has no job behind it, on either wish. */
export function eitherSignal(context: RunContext): AbortSignal {
  return AbortSignal.any([context.cancel, context.detach]);
}

/** How long a short call waits for a machine that was reached before. */
export const CALL_PATIENCE_MS = 10 * 60_000;

/** How a step's attempt came out. */
export type StepEnd =
  | { readonly status: 'done' }
  | { readonly status: 'failed' | 'lost' | 'cancelled'; readonly failure: Failure };

export function failed(reason: string, data: Failure['data'] = {}): StepEnd {
  return { status: 'failed', failure: { reason, data } };
}

function valueOf(value: PlannedValue, state: RunState): ParameterValue {
  if (typeof value !== 'object') return value;
  const known = state.outputs.get(value.step)?.[value.output];
  if (known === undefined) throw new RunError('output-missing', { step: value.step, output: value.output });
  return known;
}

/** A planned call with the outputs of earlier steps filled in. @throws RunError `output-missing`. */
export function scriptCall(context: RunContext, planned: PlannedCall): ScriptCall {
  const script = context.plan.scripts[planned.script];
  if (script === undefined) {
    throw new RunError('run-damaged', {
      file: context.paths.segments,
      detail: `no script ${planned.script}`,
    });
  }
  const parameters = Object.entries(planned.parameters).map(
    ([name, value]) => [name, valueOf(value, context.state)] as const,
  );
  return { script, parameters: Object.fromEntries(parameters), as: planned.as };
}

import type { PlannedCall, Step } from '../../core/recipe/plan.ts';
import type { ExecResult } from '../../remote/transport.ts';
import { CALL_PATIENCE_MS, eitherSignal, scriptCall, type RunContext } from '../context.ts';

/** Runs a short planned script to its end, again after a lost connection: only for scripts that may run twice. */
export function runCall(context: RunContext, step: Step, planned: PlannedCall): Promise<ExecResult> {
  const signal = eitherSignal(context);
  const call = scriptCall(context, planned);
  return context.machines.persist(step.machine, { patienceMs: CALL_PATIENCE_MS, signal }, ({ transport }) =>
    transport.exec(call, { signal }),
  );
}

/** `NAME=value` lines of a check's output: a check that finds everything in place also says what the action would have. */
export function outputLines(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
  });
  return Object.fromEntries(pairs);
}

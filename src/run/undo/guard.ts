import type { Step } from '../../core/recipe/plan.ts';
import { CALL_PATIENCE_MS, eitherSignal, scriptCall, type RunContext } from '../context.ts';
import { findMachine, keeperOf } from '../machines.ts';
import { runCall } from '../execute/call.ts';
import { RunError } from '../error.ts';
import { registerUndo } from './undo.ts';

/**
 * Registers a step's undo before its change: first in the journal, then on the machine, then (for a guest) as a
 * copy on its host. The original that is read now counts only where no older one is registered.
 */
export async function guardChange(context: RunContext, step: Step): Promise<void> {
  const { undo } = step;
  if (undo === undefined) return;
  const signal = eitherSignal(context);
  const original = await runCall(context, step, undo.original);
  if (original.exitStatus !== 0) {
    const detail = original.stderr.trim().slice(-500);
    throw new RunError('undo-failed', { machine: step.machine, resource: undo.resource, detail });
  }
  await context.record({
    kind: 'undo-registered',
    machine: step.machine,
    resource: undo.resource,
    lasts: undo.lasts,
    step: step.id,
  });
  const call = scriptCall(context, {
    ...undo.call,
    parameters: { ...undo.call.parameters, ORIGINAL: original.stdout },
  });
  const entry = {
    run: context.description.run,
    resource: undo.resource,
    lasts: undo.lasts,
    script: call.script,
    parameters: call.parameters,
  };
  const patience = { patienceMs: CALL_PATIENCE_MS, signal };
  const bootId = await context.machines.persist(step.machine, patience, async ({ transport }) => {
    const identity = await transport.identity(call.as, signal);
    await registerUndo({ transport, as: call.as }, { ...entry, bootId: identity.bootId }, signal);
    return identity.bootId;
  });
  const machine = findMachine(context.description.inventory, step.machine);
  if (machine === undefined || 'guests' in machine) return;
  const as = keeperOf(context.description.inventory, machine.host);
  await context.machines.persist(machine.host, patience, ({ transport }) =>
    registerUndo({ transport, as, copyOf: machine.name }, { ...entry, bootId }, signal),
  );
}

import { mkdir } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ENVIRONMENT_FORMAT, type Environment } from '../../core/facts/environment.ts';
import { probeCall } from '../../core/facts/probe/probe.ts';
import { readCaptures } from '../../core/facts/probe/frame.ts';
import type { Inventory } from '../../core/inventory/inventory.ts';
import { TransportError } from '../../remote/error.ts';
import type { RunAs, Transport } from '../../remote/transport.ts';
import { CALL_PATIENCE_MS, eitherSignal } from '../context.ts';
import { fileName, writeJson } from '../files.ts';
import { findMachine, keeperOf } from '../machines.ts';
import type { Executor } from './action.ts';

/** What to ask of which machine. */
export type Probing = {
  readonly transport: Transport;
  readonly as: RunAs;
  readonly inventory: Inventory;
  /** libvirt domain to look at on a host: the experiment's guest. */
  readonly domain: string | null;
};

/** Asks one machine everything in one round trip; read-only. */
export async function probeMachine(
  probing: Probing,
  now: () => Date,
  signal: AbortSignal,
): Promise<Environment> {
  const { transport, as } = probing;
  const machine = findMachine(probing.inventory, transport.machine);
  const isHost = machine !== undefined && 'guests' in machine;
  const nonce = randomUUID().replaceAll('-', '');
  const call = probeCall({ nonce, record: machine?.record ?? [], domain: isHost ? probing.domain : null });
  const chunks: Uint8Array[] = [];
  const result = await transport.exec(
    { ...call, as },
    { signal, onStdout: (chunk) => void chunks.push(Uint8Array.from(chunk)) },
  );
  if (result.exitStatus !== 0) {
    throw TransportError.of('script-failed', {
      machine: transport.machine,
      script: call.script.name,
      status: result.exitStatus,
      detail: result.stderr.trim().slice(-500),
    });
  }
  return {
    format: 'kvm-parity-environment',
    formatVersion: ENVIRONMENT_FORMAT,
    machine: transport.machine,
    role: isHost ? 'host' : 'guest',
    takenAt: now().toISOString(),
    captures: readCaptures(Buffer.concat(chunks), nonce),
  };
}

/** The libvirt domain of an experiment's guest, where the inventory names it. */
export function domainOf(inventory: Inventory, experiment: string): string | null {
  const settings = inventory.experiments[experiment];
  if (settings === undefined) return null;
  return inventory.hosts[settings.host]?.guests[settings.guest]?.domain ?? null;
}

/** Recipe 3: the environment of one machine, kept with the run. */
export const executeProbe: Executor<'probe'> = async ({ context, step, action }) => {
  const signal = eitherSignal(context);
  const { inventory, experiment } = context.description;
  const domain = domainOf(inventory, experiment);
  const as = keeperOf(context.description.inventory, step.machine);
  const environment = await context.machines.persist(
    step.machine,
    { patienceMs: CALL_PATIENCE_MS, signal },
    ({ transport }) => probeMachine({ transport, as, inventory, domain }, context.now, signal),
  );
  await mkdir(context.paths.environments, { recursive: true });
  const file = `${fileName(step.id)}.json`;
  await writeJson(join(context.paths.environments, file), environment);
  await context.record({
    kind: 'environment',
    machine: step.machine,
    role: environment.role,
    moment: action.moment,
    file,
  });
  return { status: 'done' };
};

import { mkdir } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ENVIRONMENT_FORMAT, type Environment } from '../../core/facts/environment.ts';
import { probeCall, probeTextsOf, type ProbeTexts } from '../../core/facts/probe/probe.ts';
import { readCaptures } from '../../core/facts/probe/frame.ts';
import type { Inventory } from '../../core/inventory/inventory.ts';
import { TransportError } from '../../remote/error.ts';
import type { RunAs, Transport } from '../../remote/transport.ts';
import { CALL_PATIENCE_MS, eitherSignal } from '../context.ts';
import { fileName, writeJson } from '../files.ts';
import { findMachine, keeperOf } from '../machines.ts';
import { scriptFailed } from '../undo/undo.ts';
import type { Executor } from './action.ts';

/** What to ask of which machine. */
export type Probing = {
  readonly transport: Transport;
  readonly as: RunAs;
  readonly role: Environment['role'];
  /** libvirt domain to look at on a host: the experiment's guest. */
  readonly domain: string | null;
  /** Commands of the inventory that are recorded too. */
  readonly record: readonly string[];
  /** Default: ours. A plan brings its own. */
  readonly texts?: ProbeTexts;
};

/** A whole probe: the kernel's configuration is the longest answer, records have a limit of their own. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/** Asks one machine everything in one round trip; read-only. */
export async function probeMachine(
  probing: Probing,
  now: () => Date,
  signal: AbortSignal,
): Promise<Environment> {
  const { transport, as, role, domain, record, texts } = probing;
  const nonce = randomUUID().replaceAll('-', '');
  const call = probeCall({ nonce, record, domain }, texts);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const onStdout = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER) {
      throw TransportError.of('output-too-long', { machine: transport.machine, limitBytes: LONGEST_ANSWER });
    }
    chunks.push(Uint8Array.from(chunk));
  };
  const result = await transport.exec({ ...call, as }, { signal, onStdout });
  if (result.exitStatus !== 0) {
    throw scriptFailed(transport.machine, call.script.name, result);
  }
  return {
    format: 'kvm-parity-environment',
    formatVersion: ENVIRONMENT_FORMAT,
    machine: transport.machine,
    role,
    takenAt: now().toISOString(),
    captures: readCaptures(Buffer.concat(chunks), nonce),
  };
}

/** What the inventory says of asking a machine; a host is asked about `domain`. */
export function askedOf(
  inventory: Inventory,
  name: string,
  domain: string | null,
): Pick<Probing, 'role' | 'domain' | 'record'> {
  const machine = findMachine(inventory, name);
  const isHost = machine !== undefined && 'guests' in machine;
  return { role: isHost ? 'host' : 'guest', domain: isHost ? domain : null, record: machine?.record ?? [] };
}

/** Recipe 3: the environment of one machine, kept with the run. */
export const executeProbe: Executor<'probe'> = async ({ context, step, action }) => {
  const signal = eitherSignal(context);
  const { inventory } = context.description;
  const as = keeperOf(inventory, step.machine);
  const { role } = askedOf(inventory, step.machine, null);
  const { domain, record } = action;
  const planned = action.scripts.flatMap((name) => context.plan.scripts[name] ?? []);
  const texts = probeTextsOf(planned);
  const environment = await context.machines.persist(
    step.machine,
    { patienceMs: CALL_PATIENCE_MS, signal },
    ({ transport }) => probeMachine({ transport, as, role, domain, record, texts }, context.now, signal),
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

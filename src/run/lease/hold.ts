import { hostname, userInfo } from 'node:os';
import { CALL_PATIENCE_MS, eitherSignal, type RunContext } from '../context.ts';
import { RunError } from '../error.ts';
import { keeperOf } from '../machines.ts';
import { acquireLease, releaseLease } from './lease.ts';

/** Takes a host for this run; a lease of another run is taken over only when somebody says so. */
async function takeLease(context: RunContext, host: string): Promise<void> {
  const signal = eitherSignal(context);
  const as = keeperOf(context.description.inventory, host);
  const { run } = context.description;
  const owner = `${userInfo().username}@${hostname()}`;
  const attempt = (take: boolean): ReturnType<typeof acquireLease> =>
    context.machines.persist(host, { patienceMs: CALL_PATIENCE_MS, signal }, ({ transport }) =>
      acquireLease({ transport, as }, { run, owner, take }, signal),
    );
  let holder = await attempt(false);
  if (holder !== null) {
    const answer = await context.ask({ kind: 'lease', machine: host, ...holder }, signal);
    if (answer === true) holder = await attempt(true);
    if (holder !== null) throw new RunError('lease-held', { machine: host, ...holder });
  }
  await context.record({ kind: 'lease-acquired', host });
}

/** Gives a host back. Where it cannot be reached the lease stays, and the run's state says so: resume or restore give it back. */
async function giveLeaseBack(context: RunContext, host: string, patienceMs: number): Promise<void> {
  const as = keeperOf(context.description.inventory, host);
  const { run } = context.description;
  try {
    await context.machines.persist(host, { patienceMs, signal: context.detach }, ({ transport }) =>
      releaseLease({ transport, as }, { run, force: false }, context.detach),
    );
  } catch {
    return;
  }
  if (context.state.leases.has(host)) await context.record({ kind: 'lease-released', host });
}

/**
 * Does `work` while this run holds the hosts, from its first touch of a machine to its last: another run
 * neither measures nor prepares meanwhile. Detaching keeps the leases, since jobs go on.
 */
export async function withLeases<T extends { readonly status: string }>(
  context: RunContext,
  hosts: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  let patienceMs = 0;
  try {
    for (const host of hosts) await takeLease(context, host);
    const outcome = await work();
    // What did not end well may be out of reach: then one try is enough.
    if (outcome.status === 'completed') patienceMs = CALL_PATIENCE_MS;
    return outcome;
  } finally {
    if (!context.detach.aborted) {
      for (const host of hosts) await giveLeaseBack(context, host, patienceMs);
    }
  }
}

import type { Inventory } from '../../core/inventory/inventory.ts';
import { RunError } from '../error.ts';
import { findMachine, keeperOf, type Machines } from '../machines.ts';
import { lookAtLease } from './lease.ts';

export type Looking = {
  readonly machines: Machines;
  readonly inventory: Inventory;
  readonly signal: AbortSignal;
};

/**
 * Keeps commands off a host on which a run measures: looks at the lease of every host that `names` lie on. A run
 * that was there before the host's last boot measures no more; one whose job has ended may be between two trials. `ownRun` may be there. A host that cannot be
 * reached says nothing.
 *
 * @throws RunError `lease-held`.
 */
export async function refuseWhileMeasured(
  { machines, inventory, signal }: Looking,
  names: readonly string[],
  ownRun: string | null,
): Promise<void> {
  const hosts = names.map((name) => {
    const machine = findMachine(inventory, name);
    return machine === undefined || 'guests' in machine ? name : machine.host;
  });
  for (const host of new Set(hosts)) {
    const place = { transport: machines.get(host).transport, as: keeperOf(inventory, host) };
    const holder = await lookAtLease(place, signal).catch(() => null);
    if (holder === null || holder.run === ownRun || holder.boot === 'other') continue;
    throw new RunError('lease-held', { machine: host, ...holder });
  }
}

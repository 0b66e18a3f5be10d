import { setTimeout as delay } from 'node:timers/promises';
import type { Guest, Host, Inventory } from '../core/inventory/inventory.ts';
import { TransportError, type TransportReason } from '../remote/error.ts';
import type { Jobs } from '../remote/jobs.ts';
import type { Target } from '../remote/target.ts';
import type { RunAs, Transport } from '../remote/transport.ts';
import { RunError } from './error.ts';
import type { NewEvent } from './events.ts';

/** A guest or host of the inventory by its name. */
export function findMachine(inventory: Inventory, name: string): Host | Guest | undefined {
  const hosts = Object.values(inventory.hosts);
  const guests = hosts.flatMap((host) => Object.values(host.guests));
  // Compared, not looked up: `constructor` and its like are found in every object.
  return [...hosts, ...guests].find((machine) => machine.name === name);
}

/** Who does our own bookkeeping on a machine: root where the inventory allows it, so that all users of it meet. */
export function keeperOf(inventory: Inventory, machine: string): RunAs {
  return findMachine(inventory, machine)?.become === 'sudo' ? 'root' : 'login';
}

/** How a machine of the inventory is reached. @throws RunError `machine-not-listed`, `address-unknown`. */
export function targetOf(inventory: Inventory, name: string): Target {
  const machine = findMachine(inventory, name);
  if (machine === undefined) throw new RunError('machine-not-listed', { machine: name });
  const common = { machine: name, become: machine.become, directory: machine.directory };
  if (machine.ssh === 'local') return { ...common, address: { kind: 'local' } };
  const { host, user, port } = machine.ssh;
  if (host === null) throw new RunError('address-unknown', { machine: name, user });
  const via = 'guests' in machine || machine.via === 'direct' ? undefined : targetOf(inventory, machine.host);
  // A guest of the local machine is reached from here anyway.
  const jump = via?.address.kind === 'local' ? undefined : via;
  return { ...common, address: { kind: 'ssh', host, user, port, via: jump } };
}

/** Reasons that pass by themselves: the same call is worth another try. */
const PASSING: readonly TransportReason[] = [
  'connection-lost',
  'keepalive',
  'unreachable',
  'jump-failed',
  'channel-refused',
  'login-hangs',
];

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

export type Machine = {
  readonly name: string;
  readonly transport: Transport;
  readonly jobs: Jobs;
};

export type MachinesOptions = {
  readonly inventory: Inventory;
  readonly connect: (target: Target) => Transport;
  readonly jobsOf: (transport: Transport) => Jobs;
  readonly record: (event: NewEvent) => Promise<unknown>;
  readonly now: () => Date;
};

/** How long to wait for a machine to come back, and what ends the waiting. */
export type Patience = { readonly patienceMs: number; readonly signal: AbortSignal };

export type MachineAction<T> = (machine: Machine, alive: () => Promise<void>) => Promise<T>;

/** The machines of a run: one transport each, made on first use. */
export type Machines = {
  get(name: string): Machine;
  /**
   * Runs `action`, and again when the connection was lost, with growing pauses, for `patienceMs` after the loss.
   * `action` must be one that may run twice; it calls `alive` when the machine answered, where it goes on for long after that. A machine that was never reached is not waited for.
   */
  persist<T>(name: string, how: Patience, action: MachineAction<T>): Promise<T>;
  close(): Promise<void>;
};

export function openMachines(options: MachinesOptions): Machines {
  const machines = new Map<string, Machine>();
  const reached = new Set<string>();

  const get = (name: string): Machine => {
    const present = machines.get(name);
    if (present !== undefined) return present;
    const transport = options.connect(targetOf(options.inventory, name));
    const machine = { name, transport, jobs: options.jobsOf(transport) };
    machines.set(name, machine);
    return machine;
  };

  return {
    get,
    async persist(name, { patienceMs, signal }, action) {
      let lostAt: number | null = null;
      let wait = FIRST_WAIT_MS;
      const alive = async (): Promise<void> => {
        reached.add(name);
        if (lostAt === null) return;
        const seconds = Math.round((options.now().getTime() - lostAt) / 1000);
        lostAt = null;
        wait = FIRST_WAIT_MS;
        await options.record({ kind: 'connection-restored', machine: name, seconds });
      };
      for (;;) {
        try {
          const result = await action(get(name), alive);
          await alive();
          return result;
        } catch (error) {
          if (TransportError.is(error, 'connection-lost', 'keepalive')) reached.add(name);
          if (!TransportError.is(error, ...PASSING) || !reached.has(name) || signal.aborted) throw error;
          if (lostAt === null) {
            lostAt = options.now().getTime();
            const failure = { reason: error.reason, data: error.data };
            await options.record({ kind: 'connection-lost', machine: name, failure });
          }
          if (options.now().getTime() - lostAt > patienceMs) throw error;
          await delay(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
          wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        }
      }
    },
    async close() {
      await Promise.allSettled([...machines.values()].map(({ transport }) => transport.close()));
    },
  };
}

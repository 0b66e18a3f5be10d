import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Inventory } from '../../../src/core/inventory/inventory.ts';
import { loadInventory } from '../../../src/core/inventory/load.ts';
import { TransportError, type TransportReason } from '../../../src/remote/error.ts';
import type { Jobs } from '../../../src/remote/jobs.ts';
import type { Transport } from '../../../src/remote/transport.ts';
import type { NewEvent } from '../../../src/run/events.ts';
import { findMachine, keeperOf, type Machines, openMachines, targetOf } from '../../../src/run/machines.ts';

// Time is counted, not waited for.
const clock = vi.hoisted(() => ({ ms: 0, pauses: [] as number[] }));
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => {
    clock.ms += ms;
    clock.pauses.push(ms);
    return Promise.resolve();
  },
}));
beforeEach(() => {
  Object.assign(clock, { ms: 0, pauses: [] });
});
afterEach(() => vi.restoreAllMocks());

function inventoryOf(hosts: string): Inventory {
  const { inventory, problems } = loadInventory(`version: 1\nhosts:\n${hosts}`, 'test.yaml');
  if (inventory === null) throw new Error(JSON.stringify(problems));
  return inventory;
}

const inventory = inventoryOf(`
  r1:
    ssh: ada@r1.lab:2222
    become: sudo
    directory: /srv/kvmp
    guests:
      vm1: { ssh: root@192.168.122.7 }
      vm2: { ssh: alias2, via: direct }
  here:
    ssh: local
    guests:
      vm4: { ssh: root@192.168.122.8, become: sudo }
  r2: { ssh: alias }
`);

describe('How a machine is reached', () => {
  const r1 = {
    machine: 'r1',
    become: 'sudo',
    directory: '/srv/kvmp',
    address: { kind: 'ssh', host: 'r1.lab', user: 'ada', port: 2222 },
  };

  it.each([
    ['r1', r1],
    ['r2', { machine: 'r2', become: 'none', address: { kind: 'ssh', host: 'alias' } }],
    ['here', { machine: 'here', become: 'none', address: { kind: 'local' } }],
    [
      'vm1',
      {
        machine: 'vm1',
        become: 'none',
        address: { kind: 'ssh', user: 'root', host: '192.168.122.7', via: r1 },
      },
    ],
    ['vm2', { machine: 'vm2', become: 'none', address: { kind: 'ssh', host: 'alias2' } }],
    [
      'vm4',
      { machine: 'vm4', become: 'sudo', address: { kind: 'ssh', user: 'root', host: '192.168.122.8' } },
    ],
  ])('is what the inventory says of %s', (name, target) => {
    expect(targetOf(inventory, name)).toEqual(target);
  });

  it('is not known of a guest without an address', () => {
    const { r1: host } = inventory.hosts;
    const guest = { ...host!.guests.vm1!, ssh: { user: 'root', host: null } } as const;
    const lacking = { ...inventory, hosts: { r1: { ...host!, guests: { vm1: guest } } } };
    expect(() => targetOf(lacking, 'vm1')).toThrow(
      expect.objectContaining({ reason: 'address-unknown', data: { machine: 'vm1', user: 'root' } }),
    );
  });

  it.each(['nobody', '', 'constructor', '__proto__', 'toString'])('is not known of %j', (name) => {
    expect(findMachine(inventory, name)).toBeUndefined();
    expect(() => targetOf(inventory, name)).toThrow(
      expect.objectContaining({ reason: 'machine-not-listed' }),
    );
  });

  it('is as root for our own bookkeeping where the inventory allows that', () => {
    expect(['r1', 'r2', 'vm1', 'vm4', 'nobody'].map((name) => keeperOf(inventory, name))).toEqual([
      'root',
      'login',
      'login',
      'root',
      'login',
    ]);
  });
});

type Lab = { readonly machines: Machines; readonly events: NewEvent[]; readonly connected: string[] };

function lab(): Lab {
  const events: NewEvent[] = [];
  const connected: string[] = [];
  const machines = openMachines({
    inventory,
    connect: ({ machine }) => {
      connected.push(machine);
      return { machine, close: () => Promise.reject(new Error('closed twice')) } as unknown as Transport;
    },
    jobsOf: () => ({}) as Jobs,
    record: (event) => Promise.resolve(void events.push(event)),
    now: () => new Date(clock.ms),
  });
  return { machines, events, connected };
}

const failure = (reason: TransportReason): TransportError => TransportError.of(reason, { machine: 'r1' });
const patience = { patienceMs: 60_000, signal: new AbortController().signal };

/** Fails with each of these in turn, then succeeds; counts its calls. */
function action(...errors: readonly Error[]): { calls: number; run: () => Promise<string> } {
  const made = {
    calls: 0,
    run: () => {
      made.calls += 1;
      const error = errors[made.calls - 1];
      return error === undefined ? Promise.resolve('done') : Promise.reject(error);
    },
  };
  return made;
}

describe('A call that must get through', () => {
  it('uses one transport for a machine, however often it is called', async () => {
    const { machines, connected } = lab();
    for (const name of ['r1', 'vm1', 'r1']) await machines.persist(name, patience, action().run);
    expect(connected).toEqual(['r1', 'vm1']);
    await machines.close();
  });

  it.each(['connection-lost', 'keepalive'] as const)(
    'is made again after %s, and the journal says both once',
    async (reason) => {
      const { machines, events } = lab();
      const call = action(
        failure(reason),
        failure('unreachable'),
        failure('jump-failed'),
        failure('channel-refused'),
      );
      expect(await machines.persist('r1', patience, call.run)).toBe('done');
      expect(call.calls).toBe(5);
      expect(events).toEqual([
        { kind: 'connection-lost', machine: 'r1', failure: { reason, data: { machine: 'r1' } } },
        { kind: 'connection-restored', machine: 'r1', seconds: Math.round(clock.ms / 1000) },
      ]);
      const growing = clock.pauses.map((pause, index) => pause / (500 * 2 ** index));
      expect(growing.every((share) => share >= 0.75 && share <= 1.25)).toBe(true);
    },
  );

  it.each(['unreachable', 'jump-failed', 'channel-refused'] as const)(
    'is not made again after %s where the machine was never reached',
    async (reason) => {
      const { machines, events } = lab();
      const call = action(failure(reason));
      await expect(machines.persist('r1', patience, call.run)).rejects.toMatchObject({ reason });
      expect([call.calls, events]).toEqual([1, []]);
    },
  );

  it('is made again after any passing reason where the machine was reached before, but not for another machine', async () => {
    const { machines } = lab();
    await machines.persist('r1', patience, action().run);
    expect(await machines.persist('r1', patience, action(failure('unreachable')).run)).toBe('done');
    await expect(machines.persist('vm1', patience, action(failure('unreachable')).run)).rejects.toMatchObject(
      {
        reason: 'unreachable',
      },
    );
  });

  it.each([
    failure('authentication'),
    failure('host-key-changed'),
    failure('disk-full'),
    failure('cancelled'),
    new TypeError('a defect'),
  ])('is not made again after what does not pass: %s', async (error) => {
    const { machines } = lab();
    await machines.persist('r1', patience, action().run);
    const call = action(failure('connection-lost'), error);
    await expect(machines.persist('r1', patience, call.run)).rejects.toBe(error);
    expect(call.calls).toBe(2);
  });

  it('is given up when patience is over, with the last reason', async () => {
    const { machines, events } = lab();
    await machines.persist('r1', patience, action().run);
    const call = action(...Array.from({ length: 1000 }, () => failure('unreachable')));
    await expect(machines.persist('r1', patience, call.run)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(clock.ms).toBeGreaterThan(60_000);
    expect(clock.ms).toBeLessThan(60_000 + 2 * 37_500);
    expect(Math.max(...clock.pauses)).toBeLessThanOrEqual(37_500);
    expect(events.map(({ kind }) => kind)).toEqual(['connection-lost']);
  });

  it('has patience anew after each loss: what was alive in between begins again', async () => {
    const { machines, events } = lab();
    let calls = 0;
    const result = await machines.persist(
      'r1',
      { ...patience, patienceMs: 3000 },
      async (_machine, alive) => {
        calls += 1;
        if (calls === 12) return 'done';
        await alive();
        throw failure('connection-lost');
      },
    );
    expect(result).toBe('done');
    expect(clock.ms).toBeGreaterThan(3000);
    expect(Math.max(...clock.pauses)).toBeLessThanOrEqual(625);
    expect(events.map(({ kind }) => kind)).toEqual(
      Array.from({ length: 11 }, () => ['connection-lost', 'connection-restored']).flat(),
    );
  });

  it('ends when nobody waits any more', async () => {
    const { machines } = lab();
    const ending = new AbortController();
    let calls = 0;
    const call = machines.persist('r1', { ...patience, signal: ending.signal }, () => {
      calls += 1;
      if (calls === 2) ending.abort();
      return Promise.reject(failure('connection-lost'));
    });
    await expect(call).rejects.toMatchObject({ reason: 'connection-lost' });
    expect(calls).toBe(2);
  });
});

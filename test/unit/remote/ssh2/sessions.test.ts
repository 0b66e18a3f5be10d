import { describe, expect, it } from 'vitest';
import { SessionSlots } from '../../../../src/remote/ssh2/sessions.ts';

const never = new AbortController().signal;

async function fill(slots: SessionSlots, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) expect(await slots.acquire(never)).toBe('granted');
}

describe('session slots', () => {
  it('let five in and then one for each that leaves, in order of arrival', async () => {
    const slots = new SessionSlots();
    await fill(slots, 5);
    const order: string[] = [];
    const waiting = ['a', 'b'].map((name) => slots.acquire(never).then(() => order.push(name)));
    slots.release();
    slots.release();
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b']);
    expect(slots.open).toBe(5);
  });

  it('keep no place for one who gave up', async () => {
    const slots = new SessionSlots();
    await fill(slots, 5);
    const controller = new AbortController();
    const first = slots.acquire(controller.signal);
    const second = slots.acquire(never);
    controller.abort();
    expect(await first).toBe('aborted');
    slots.release();
    expect(await second).toBe('granted');
    expect(slots.open).toBe(5);
  });

  it('learn from a refusal that the server allows fewer, but never none', async () => {
    const slots = new SessionSlots();
    await fill(slots, 3);
    slots.release();
    slots.refused();
    expect(slots.limit).toBe(2);
    expect(slots.isReduced).toBe(true);
    expect(await slots.acquire(never, 1)).toBe('timeout');
    slots.release();
    slots.release();
    slots.refused();
    expect(slots.limit).toBe(1);
    expect(await slots.acquire(never)).toBe('granted');
  });

  it('send everyone away when the connection ends', async () => {
    const slots = new SessionSlots();
    await fill(slots, 5);
    const waiting = slots.acquire(never);
    slots.close();
    expect(await waiting).toBe('closed');
    expect(await slots.acquire(never)).toBe('closed');
  });
});

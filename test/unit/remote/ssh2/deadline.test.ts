import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../../../src/remote/ssh2/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a deadline', () => {
  it('aborts when its time is up', () => {
    const { signal } = new Deadline(1000);
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
  });

  it('stands still while a person thinks, and then has the rest of its time', async () => {
    const deadline = new Deadline(1000);
    vi.advanceTimersByTime(400);
    let answer: (text: string) => void = () => undefined;
    const asked = deadline.pause(() => new Promise<string>((resolve) => (answer = resolve)));
    vi.advanceTimersByTime(3_600_000);
    expect(deadline.signal.aborted).toBe(false);
    answer('yes');
    expect(await asked).toBe('yes');
    vi.advanceTimersByTime(599);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('never fires once stopped, even where a question ends later', async () => {
    const deadline = new Deadline(1000);
    let answer: () => void = () => undefined;
    const asked = deadline.pause(() => new Promise<void>((resolve) => (answer = resolve)));
    deadline.stop();
    answer();
    await asked;
    vi.advanceTimersByTime(10_000);
    expect(deadline.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

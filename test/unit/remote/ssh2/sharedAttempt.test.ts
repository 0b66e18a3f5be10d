import { describe, expect, it } from 'vitest';
import { SharedAttempt } from '../../../../src/remote/ssh2/sharedAttempt.ts';

const never = new AbortController().signal;
const cancelled = () => new Error('cancelled');

/** Work that is finished by hand. */
function manual() {
  const runs: { signal: AbortSignal; finish: (value: string) => void; fail: (error: Error) => void }[] = [];
  const shared = new SharedAttempt<string>(
    (signal) => new Promise((finish, fail) => runs.push({ signal, finish, fail })),
  );
  return { runs, shared };
}

describe('a shared attempt', () => {
  it('is made once for all who wait, and anew for who comes later', async () => {
    const { runs, shared } = manual();
    const both = Promise.all([shared.join(never, cancelled), shared.join(never, cancelled)]);
    expect(runs).toHaveLength(1);
    runs[0]!.finish('first');
    expect(await both).toEqual(['first', 'first']);
    const later = shared.join(never, cancelled);
    runs[1]!.finish('second');
    expect(await later).toBe('second');
  });

  it('fails for all who wait', async () => {
    const { runs, shared } = manual();
    const both = [shared.join(never, cancelled), shared.join(never, cancelled)];
    const outcomes = Promise.allSettled(both);
    runs[0]!.fail(new Error('no'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('goes on while anyone waits, and is aborted when the last one has gone', async () => {
    const { runs, shared } = manual();
    const first = new AbortController();
    const second = new AbortController();
    const gone = [shared.join(first.signal, cancelled), shared.join(second.signal, cancelled)];
    const outcomes = Promise.allSettled(gone);
    first.abort();
    expect(runs[0]!.signal.aborted).toBe(false);
    second.abort();
    expect(runs[0]!.signal.aborted).toBe(true);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void shared.join(never, cancelled);
    expect(runs).toHaveLength(2);
  });
});

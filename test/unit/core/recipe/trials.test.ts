import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from '../../../../src/core/recipe/plan.ts';
import { trialOrder } from '../../../../src/core/recipe/trials.ts';

const none = { host: 0, guest: 0 };
const both: readonly Side[] = ['guest', 'host'];

/** `h1 g1 g2 h2`: the order for people. */
function order(
  kind: 'abba' | 'blocked',
  sides: readonly Side[],
  trials: number,
  done: Readonly<Record<Side, number>> = none,
): string {
  return trialOrder(kind, sides, { trials, done })
    .map(({ side, round }) => `${side[0] ?? ''}${round}`)
    .join(' ');
}

describe('The order of the trials', () => {
  it.each([
    ['abba', both, 1, 'h1 g1'],
    ['abba', both, 2, 'h1 g1 g2 h2'],
    ['abba', both, 5, 'h1 g1 g2 h2 h3 g3 g4 h4 h5 g5'],
    ['blocked', both, 3, 'g1 g2 g3 h1 h2 h3'],
    ['abba', ['guest'], 3, 'g1 g2 g3'],
    ['abba', ['host'], 2, 'h1 h2'],
    ['blocked', ['host'], 2, 'h1 h2'],
    ['abba', [], 2, ''],
  ] as const)('is %s of %j in %i rounds: %s', (kind, sides, trials, expected) => {
    expect(order(kind, sides, trials)).toBe(expected);
  });

  it('goes on with the rounds that a run has, each side for itself', () => {
    expect(order('abba', both, 2, { host: 2, guest: 2 })).toBe('h3 g3 g4 h4');
    expect(order('blocked', both, 2, { host: 0, guest: 3 })).toBe('g4 g5 h1 h2');
    expect(order('abba', both, 2, { host: 1, guest: 0 })).toBe('h2 g1 g2 h3');
  });

  it('does not depend on the order in which the sides are named', () => {
    expect(order('abba', ['host', 'guest'], 3)).toBe(order('abba', both, 3));
  });

  it('has every round of every side once, and abba leads by a round at most', () => {
    const kind = fc.constantFrom('abba' as const, 'blocked' as const);
    fc.assert(
      fc.property(kind, fc.integer({ min: 1, max: 50 }), fc.nat(20), (which, trials, done) => {
        const found = trialOrder(which, both, { trials, done: { host: done, guest: done } });
        const rounds = (side: Side): readonly number[] =>
          found.filter((trial) => trial.side === side).map(({ round }) => round);
        const expected = Array.from({ length: trials }, (_, index) => done + index + 1);
        expect(rounds('host')).toEqual(expected);
        expect(rounds('guest')).toEqual(expected);
        if (which === 'blocked') return;
        let lead = 0;
        for (const { side } of found) {
          lead += side === 'host' ? 1 : -1;
          expect(Math.abs(lead)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ratioOf } from '../../../../src/core/statistics/ratio.ts';
import { studentQuantile } from '../../../../src/core/statistics/student.ts';
import { summarize } from '../../../../src/core/statistics/summary.ts';

describe('summary', () => {
  test('describes a sample with n - 1 in its standard deviation', () => {
    expect(summarize([2, 4, 4, 4, 5, 5, 7, 9])).toMatchObject({ n: 8, min: 2, max: 9, mean: 5, median: 4.5 });
    expect(summarize([2, 4, 4, 4, 5, 5, 7, 9]).sd).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(summarize([3, 1, 2])).toMatchObject({ median: 2, sd: 1, cv: 0.5, values: [3, 1, 2] });
  });

  test('knows no spread of one value', () => {
    expect(summarize([42])).toMatchObject({ n: 1, mean: 42, median: 42, sd: null, cv: null });
  });

  test('has no coefficient of variation around 0', () => {
    expect(summarize([-1, 1]).cv).toBeNull();
  });

  test('refuses what is not a sample of numbers', () => {
    expect(() => summarize([])).toThrow('no-values');
    expect(() => summarize([1, Number.NaN])).toThrow('not-finite');
    expect(() => summarize([1, Infinity])).toThrow('not-finite');
  });

  test('gives equal values back exactly, without a spread', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e12, noNaN: true }),
        fc.integer({ min: 2, max: 9 }),
        (value, n) => {
          const values = Array.from({ length: n }, () => value);
          expect(summarize(values)).toMatchObject({ mean: value, median: value, sd: 0, cv: 0 });
        },
      ),
    );
  });
});

describe('quantile of Student’s t', () => {
  // Printed tables of the two-sided 95 %, 90 % and 99 % points.
  test.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.975, 3, 3.18245],
    [0.975, 4, 2.77645],
    [0.975, 5, 2.57058],
    [0.975, 6, 2.44691],
    [0.975, 10, 2.22814],
    [0.975, 30, 2.04227],
    [0.975, 1e6, 1.95997],
    [0.95, 1, 6.31375],
    [0.95, 8, 1.85955],
    [0.995, 1, 63.6567],
    [0.995, 7, 3.49948],
  ])('%f with %d degrees of freedom', (probability, df, expected) => {
    expect(studentQuantile(probability, df) / expected).toBeCloseTo(1, 5);
    expect(studentQuantile(1 - probability, df) / expected).toBeCloseTo(-1, 5);
  });

  test('is exact where it has a closed form: one and two degrees of freedom', () => {
    for (const p of [0.6, 0.8, 0.975, 0.999]) {
      expect(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 9);
      expect(studentQuantile(p, 2) / ((2 * p - 1) / Math.sqrt(2 * p * (1 - p)))).toBeCloseTo(1, 9);
    }
  });

  test('falls while the degrees of freedom rise, whole or not', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 200, noNaN: true }), (df) => {
        expect(studentQuantile(0.975, df)).toBeGreaterThan(studentQuantile(0.975, df + 0.5));
      }),
    );
  });
});

describe('ratio', () => {
  // max-jOPS of eight SPECjbb2015 runs, openj9 issue 7965.
  const before = [20202, 19649, 20324, 20479];
  const after = [20785, 20093, 20785, 20324];

  test('of the runs of openj9 issue 7965 is 1.017 with an interval of 0.986 to 1.048', () => {
    const ratio = ratioOf(after, before)!;
    expect(ratio.ofMeans.toFixed(3)).toBe('1.017');
    expect(ratio.ofGeometricMeans.toFixed(3)).toBe('1.017');
    expect(ratio.interval?.low.toFixed(3)).toBe('0.986');
    expect(ratio.interval?.high.toFixed(3)).toBe('1.048');
    expect(ratio.interval?.df).toBeCloseTo(6, 1);
    expect(ratio.standing).toBe('enough');
  });

  test('has no interval with one value on a side, and bears no claim with two or three', () => {
    expect(ratioOf([9], [10])).toMatchObject({ ofMeans: 0.9, interval: null, standing: 'single' });
    expect(ratioOf([9], before)).toMatchObject({ interval: null, standing: 'single' });
    expect(ratioOf([9, 9.1], [10, 10.2, 10.1, 10])?.standing).toBe('few');
    expect(ratioOf([9, 9.1], [10, 10.2])?.interval).not.toBeNull();
  });

  test('of samples without spread has an interval without width', () => {
    expect(ratioOf([9, 9], [10, 10])?.interval).toMatchObject({ df: 2 });
    const { low, high } = ratioOf([9, 9], [10, 10])!.interval!;
    expect([low, high].map((x) => x.toFixed(12))).toEqual(['0.900000000000', '0.900000000000']);
  });

  test('with spread on one side only has the degrees of freedom of that side', () => {
    expect(ratioOf([9, 9, 9], [10, 10.1])?.interval?.df).toBeCloseTo(1, 9);
  });

  test('does not exist for values that are no positive numbers', () => {
    for (const value of [0, -1, Number.NaN, Infinity]) expect(ratioOf([value, 1], [1, 1])).toBeNull();
    expect(ratioOf([], [1])).toBeNull();
  });

  test('does not depend on the unit and turns over with the sides', () => {
    const sample = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(sample, sample, fc.double({ min: 0.01, max: 100, noNaN: true }), (a, b, unit) => {
        const ratio = ratioOf(a, b)!;
        const scaled = ratioOf(
          a.map((x) => x * unit),
          b.map((x) => x * unit),
        )!;
        const turned = ratioOf(b, a)!;
        expect(scaled.interval!.low / ratio.interval!.low).toBeCloseTo(1, 6);
        expect(turned.interval!.high * ratio.interval!.low).toBeCloseTo(1, 6);
        expect(ratio.interval!.low).toBeLessThanOrEqual(ratio.ofGeometricMeans * (1 + 1e-12));
      }),
    );
  });
});

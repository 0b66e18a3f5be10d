import { StatisticsError } from './error.ts';

/** One sample, described. Unit: that of the values. */
export type Summary = {
  readonly n: number;
  /** All values, in the order they were measured. */
  readonly values: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  /** Standard deviation of the sample (n - 1); null for n = 1: no spread is known. */
  readonly sd: number | null;
  /** Coefficient of variation sd / mean, a share and not per cent; null where sd is, or the mean is 0. */
  readonly cv: number | null;
};

/** @throws StatisticsError */
export function summarize(values: readonly number[]): Summary {
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new StatisticsError('not-finite', { value: String(odd) });
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new StatisticsError('no-values');
  const n = values.length;
  const center = mean(values);
  const sd = n < 2 ? null : Math.sqrt(variance(values));
  return {
    n,
    values,
    min,
    max,
    mean: center,
    median: ((sorted[Math.floor((n - 1) / 2)] ?? min) + (sorted[Math.floor(n / 2)] ?? max)) / 2,
    sd,
    cv: sd === null || center === 0 ? null : sd / Math.abs(center),
  };
}

export function mean(values: readonly number[]): number {
  // Deviations from the first value are summed: equal values give exactly that value back.
  const first = values[0] ?? Number.NaN;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Variance of the sample (n - 1), in two passes. */
export function variance(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
}

import { studentQuantile } from './student.ts';
import { mean, variance } from './summary.ts';

/** What so many values allow to say. single: n = 1 on a side, no spread known; few: 2 or 3, an interval but no claim. */
export type Standing = 'single' | 'few' | 'enough';

/** Guest divided by host. */
export type Ratio = {
  readonly ofMeans: number;
  /** The estimate that `interval` belongs to. */
  readonly ofGeometricMeans: number;
  /** Of the ratio of geometric means; null where a side has one value only. */
  readonly interval: Interval | null;
  readonly standing: Standing;
};

/** Confidence interval by Welch's t on the logarithms of the values. */
export type Interval = {
  readonly low: number;
  readonly high: number;
  readonly level: 0.95;
  /** Degrees of freedom by Welch and Satterthwaite. */
  readonly df: number;
};

/** Fewest values per side that a claim may rest on (see the documentation of the report). */
const enough = 4;

/** Null where a side has no values or any value is not a positive finite number: no ratio exists then. */
export function ratioOf(guest: readonly number[], host: readonly number[]): Ratio | null {
  const least = Math.min(guest.length, host.length);
  if (least === 0 || ![...guest, ...host].every((value) => value > 0 && value < Infinity)) return null;
  const logs = { guest: guest.map(Math.log), host: host.map(Math.log) };
  const difference = mean(logs.guest) - mean(logs.host);
  return {
    ofMeans: mean(guest) / mean(host),
    ofGeometricMeans: Math.exp(difference),
    interval: least < 2 ? null : welch(difference, logs.guest, logs.host),
    standing: least < 2 ? 'single' : least < enough ? 'few' : 'enough',
  };
}

function welch(difference: number, guest: readonly number[], host: readonly number[]): Interval {
  const [a, b] = [variance(guest) / guest.length, variance(host) / host.length];
  const error = Math.sqrt(a + b);
  // Without any variance the formula is 0 / 0; the interval is a point whatever the degrees of freedom are.
  const df =
    error === 0
      ? guest.length + host.length - 2
      : 1 / ((a / (a + b)) ** 2 / (guest.length - 1) + (b / (a + b)) ** 2 / (host.length - 1));
  const reach = error === 0 ? 0 : studentQuantile(0.975, df) * error;
  return { low: Math.exp(difference - reach), high: Math.exp(difference + reach), level: 0.95, df };
}

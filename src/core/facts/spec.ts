import type { Answers } from './answers.ts';
import type { Fact } from './fact.ts';

/** One line of the comparison table: its key and a short printable value; null where the machine did not say. */
export type SummaryRow = readonly [key: string, text: string | null];

/** How one fact is read from the answers of a machine, and how it is put beside another machine's. */
export type FactSpec<T> = {
  readonly read: (answers: Answers) => Fact<T>;
  /** Keys that stand in the table where the fact is not available. Empty: the fact is not compared. */
  readonly keys: readonly string[];
  /** Stable keys with short values. Nothing that changes by itself from one second to the next. */
  readonly summarise: (value: T) => readonly SummaryRow[];
};

/** Bytes for people, in binary units, exact where the number is round: `32 KiB`, `375.6 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

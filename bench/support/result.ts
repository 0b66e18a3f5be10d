/** What one benchmark found: measured rows, ratios between them, and the promises they are held to. */
export type BenchResult = {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly ratios: readonly { readonly what: string; readonly value: number }[];
  readonly claims: readonly Claim[];
};

export type Row = {
  readonly what: string;
  readonly unit: string;
  readonly median: number;
  /** One per round, in order. */
  readonly samples: readonly number[];
};

/** A promise of the product: `value` must not be above `limit`. */
export type Claim = {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly limit: number;
  readonly kept: boolean;
};

/** @throws RangeError where there is no value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
}

export function row(what: string, unit: string, samples: readonly number[]): Row {
  return { what, unit, samples, median: median(samples) };
}

export function ratio(what: string, ours: Row, theirs: Row): BenchResult['ratios'][number] {
  return { what, value: ours.median / theirs.median };
}

export function claim(what: string, held: Pick<Claim, 'unit' | 'value' | 'limit'>): Claim {
  return { what, ...held, kept: held.value <= held.limit };
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Runs competitors in turn, every second round backwards, so that a drift of the machine hits all alike.
 * Whatever they return is theirs, by name, in the order of the rounds.
 */
export async function interleaved<Name extends string, Value>(
  rounds: number,
  competitors: Readonly<Record<Name, (round: number) => Promise<Value>>>,
): Promise<Readonly<Record<Name, readonly Value[]>>> {
  const names = Object.keys(competitors) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) found[name].push(await competitors[name](round));
  }
  return found;
}

/** Runs a benchmark in the process that `run.mjs` made for it and hands over its result. */
export function benchmark(run: () => Promise<BenchResult>): void {
  // Leaving by `exit` ends the servers that were started.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));
  run().then(
    (result) => {
      process.send?.(result, () => {
        process.disconnect();
      });
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 2;
      process.disconnect();
    },
  );
}

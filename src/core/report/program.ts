import type { Side } from '../recipe/plan.ts';
import type { ProgramRow, TrialReport } from './model.ts';

/** One thing that the workload's program says of itself and its Java machine. */
type ProgramFact = {
  readonly key: string;
  /** heap: amounts to another measurement; vm: a difference may come from there; shown: judged elsewhere or not at all. */
  readonly weight: 'heap' | 'vm' | 'shown';
  readonly read: (trial: TrialReport) => string | null;
};

const property =
  (name: string) =>
  ({ result }: TrialReport): string | null =>
    result?.properties[name] ?? null;

/** Java's own names (java.lang.System.getProperties); `max heap bytes` is Runtime.maxMemory(). */
const facts: readonly ProgramFact[] = [
  { key: 'java.version', weight: 'shown', read: ({ javaVersion }) => javaVersion },
  { key: 'java.vendor', weight: 'vm', read: property('java.vendor') },
  { key: 'java.vm.name', weight: 'vm', read: property('java.vm.name') },
  { key: 'java.vm.version', weight: 'vm', read: property('java.vm.version') },
  { key: 'processors', weight: 'shown', read: ({ processors }) => processors?.toString() ?? null },
  { key: 'max heap bytes', weight: 'heap', read: property('max-heap-bytes') },
];

/** What the counted trials of each side said of their program; several values where the trials differ. */
export function programRows(trials: readonly TrialReport[]): readonly ProgramRow[] {
  const counted = trials.filter((trial) => trial.counted);
  return facts.map(({ key, weight, read }) => {
    const values = (side: Side): readonly (string | null)[] => [
      ...new Set(counted.filter((trial) => trial.side === side).map(read)),
    ];
    const [host, guest] = [values('host'), values('guest')];
    return { key, weight, host, guest, mark: markOf(host, guest) };
  });
}

function markOf(host: readonly (string | null)[], guest: readonly (string | null)[]): ProgramRow['mark'] {
  const all = [...host, ...guest];
  const known = new Set(all.filter((value) => value !== null));
  if (known.size > 1) return 'differs';
  return all.includes(null) || host.length === 0 || guest.length === 0 ? 'unknown' : 'same';
}

export function programValues(values: readonly (string | null)[]): string {
  return values.map((value) => value ?? 'not known').join(', ') || 'none';
}

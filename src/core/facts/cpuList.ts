import { notUnderstood } from './error.ts';
import { wholeNumber } from './lines.ts';

/** Above every machine's: Linux ends at 8192 (CONFIG_NR_CPUS). Keeps `0-999999999` from eating the memory. */
const HIGHEST_CPU = 65_535;

/**
 * A CPU list of the kernel or of lscpu, `0-3,8,10-11` or interleaved `0,2,4`: ascending, each CPU once.
 * An empty list is a list: a node without CPUs, or no CPU offline. cpuset(7), "List format".
 */
export function parseCpuList(
  text: string,
  where: { readonly kind: string; readonly line: number },
): number[] {
  const found = text.trim();
  const refuse = (): Error => notUnderstood({ ...where, found, expected: 'a CPU list like 0-3,8' });
  if (found === '') return [];
  const cpus = new Set<number>();
  for (const part of found.split(',')) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    const first = wholeNumber(match?.[1] ?? '');
    const last = wholeNumber(match?.[2] ?? match?.[1] ?? '');
    if (first === undefined || last === undefined || last < first || last > HIGHEST_CPU) throw refuse();
    for (let cpu = first; cpu <= last; cpu += 1) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** `0-3,8`; `none` for no CPU. */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of cpus) {
    const open = ranges.at(-1);
    if (open !== undefined && cpu === open.last + 1) open.last = cpu;
    else ranges.push({ first: cpu, last: cpu });
  }
  if (ranges.length === 0) return 'none';
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

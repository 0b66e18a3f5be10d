import { notUnderstood } from '../error.ts';
import { filledLines, wholeNumber, type Line } from '../lines.ts';

/** One NUMA node. Memory in bytes, null where it was not said. */
export type NumaNode = {
  readonly id: number;
  /** Online CPUs; a node may have none. */
  readonly cpus: readonly number[];
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
  /** To each node in the order of the nodes, 10 = itself; null where it was not said. */
  readonly distances: readonly number[] | null;
};

type Draft = { cpus: number[] | null; total: number | null; free: number | null; distances: number[] | null };

/** `numactl -H`: numactl(8). Sizes there are whole MiB. */
export function parseNumactl(text: string): readonly NumaNode[] {
  const kind = 'numactl';
  const refuse = ({ number, text: found }: Line, expected: string): Error =>
    notUnderstood({ kind, line: number, found, expected });
  const lines = filledLines(text);
  const [first] = lines;
  if (first === undefined || !/^available: \d+ nodes? \(/.test(first.text)) {
    throw refuse(first ?? { number: 1, text: '' }, '"available: N nodes (LIST)" of numactl -H');
  }
  const drafts = new Map<number, Draft>();
  const draft = (id: number): Draft => {
    const found = drafts.get(id) ?? { cpus: null, total: null, free: null, distances: null };
    drafts.set(id, found);
    return found;
  };
  for (const line of lines.slice(1)) {
    const property = /^node (\d{1,5}) (cpus|size|free):(.*)$/.exec(line.text);
    const row = /^\s*(\d{1,5}):((?:\s+\d{1,5})+)$/.exec(line.text);
    if (property?.[1] !== undefined) {
      const [value = '', unit] = (property[3] ?? '').trim().split(' ');
      const one = draft(Number(property[1]));
      if (property[2] === 'cpus') {
        one.cpus = numbers(property[3] ?? '', () => refuse(line, 'CPU numbers separated by blanks'));
      } else {
        const size = wholeNumber(value);
        if (size === undefined || unit !== 'MB') throw refuse(line, 'a size in MB');
        one[property[2] === 'size' ? 'total' : 'free'] = size * 1024 ** 2;
      }
    } else if (row?.[1] !== undefined) {
      draft(Number(row[1])).distances = numbers(row[2] ?? '', () => refuse(line, 'distances'));
    } else if (!/^node(?:\s+\d+)+$|^node distances:$|^No distance information available\.$/.test(line.text)) {
      throw refuse(line, 'a line of numactl -H');
    }
  }
  const nodes = [...drafts].map(([id, { cpus, total, free, distances }]) => {
    if (cpus === null) throw refuse(first, `a line "node ${id} cpus:"`);
    return { id, cpus, totalBytes: total, freeBytes: free, distances };
  });
  if (nodes.length === 0) throw refuse(first, 'at least one "node N cpus:" line');
  return nodes;
}

function numbers(text: string, refuse: () => Error): number[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const value = wholeNumber(word);
      if (value === undefined) throw refuse();
      return value;
    });
}

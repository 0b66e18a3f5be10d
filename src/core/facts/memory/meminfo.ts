import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { filledLines, wholeNumber } from '../lines.ts';
import { formatBytes, type FactSpec } from '../spec.ts';

/** By the kernel's keys: bytes, and for `HugePages_*` numbers of pages. proc(5), /proc/meminfo. */
export type Meminfo = Readonly<Record<string, number>>;

export function parseMeminfo(text: string): Meminfo {
  const kind = 'meminfo';
  const entries = filledLines(text).map(({ number, text: found }) => {
    const match = /^([A-Za-z][\w()]*):\s+(\d+)( kB)?$/.exec(found);
    const value = wholeNumber(match?.[2] ?? '');
    const scaled = (value ?? NaN) * (match?.[3] === undefined ? 1 : 1024);
    if (match?.[1] === undefined || !Number.isSafeInteger(scaled)) {
      throw notUnderstood({ kind, line: number, found, expected: '"Key: NUMBER kB" of /proc/meminfo' });
    }
    return [match[1], scaled] as const;
  });
  const meminfo = Object.fromEntries(entries);
  if (meminfo.MemTotal === undefined) {
    throw notUnderstood({ kind, line: 1, found: text.split('\n')[0] ?? '', expected: 'a line "MemTotal:"' });
  }
  return meminfo;
}

export const meminfo: FactSpec<Meminfo> = {
  read: (answers) => understood(answers.file('/proc/meminfo'), parseMeminfo),
  keys: ['memory.total'],
  summarise: (memory) => [
    ['memory.total', formatBytes(memory.MemTotal ?? 0)],
    ['memory.defaultHugepage', memory.Hugepagesize === undefined ? 'none' : formatBytes(memory.Hugepagesize)],
    // All of the hugepages that the kernel made of the default size; per size and node: hugepages.
    ['memory.hugePagesTotal', String(memory.HugePages_Total ?? 0)],
  ],
};

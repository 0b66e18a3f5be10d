import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { valueOf, type Fact } from '../fact.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** A sysfs file that lists its choices and marks one: `always madvise [never]`. */
export type Choice = { readonly selected: string; readonly choices: readonly string[] };

export function parseChoice(text: string, kind = 'thp'): Choice {
  const expected = 'words, one of them in brackets: always madvise [never]';
  const found = onlyLine(text, kind, expected);
  const words = found.split(/\s+/);
  const selected = words.flatMap((word) => /^\[([a-z+_]+)\]$/.exec(word)?.[1] ?? []);
  const plain = words.every((word) => /^\[?[a-z+_]+\]?$/.test(word));
  const [one] = selected;
  if (one === undefined || selected.length > 1 || !plain || /\w\]|\[\w/.test(found.replace(`[${one}]`, ''))) {
    throw notUnderstood({ kind, line: 1, found, expected });
  }
  return { selected: one, choices: words.map((word) => word.replace(/[[\]]/g, '')) };
}

/** Transparent hugepages: Documentation/admin-guide/mm/transhuge.rst. */
export type Thp = {
  readonly enabled: string;
  readonly defrag: string | null;
  readonly shmem: string | null;
};

export const thp: FactSpec<Thp> = {
  read: (answers) => {
    const read = (name: string): Fact<Choice> =>
      understood(answers.file(`/sys/kernel/mm/transparent_hugepage/${name}`), (text) => parseChoice(text));
    const defrag = valueOf(read('defrag'))?.selected ?? null;
    const shmem = valueOf(read('shmem_enabled'))?.selected ?? null;
    return understood(read('enabled'), ({ selected }) => ({ enabled: selected, defrag, shmem }));
  },
  keys: ['thp.enabled', 'thp.defrag', 'thp.shmem'],
  summarise: ({ enabled, defrag, shmem }) => [
    ['thp.enabled', enabled],
    ['thp.defrag', defrag],
    ['thp.shmem', shmem],
  ],
};

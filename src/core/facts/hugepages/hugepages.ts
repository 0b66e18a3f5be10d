import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import type { Fact } from '../fact.ts';
import { parseNumber } from '../lines.ts';
import { formatBytes, type FactSpec } from '../spec.ts';

/** Pages of one size, of the machine (`node: null`) or of one node. Documentation/admin-guide/mm/hugetlbpage.rst. */
export type Hugepages = {
  readonly pageBytes: number;
  readonly node: number | null;
  readonly total: number;
  readonly free: number;
  readonly surplus: number;
};

const FILE =
  /^\/sys\/(?:kernel\/mm|devices\/system\/node\/node(\d+))\/hugepages\/hugepages-(\d+)kB\/(nr|free|surplus|resv)_hugepages$/;

type Draft = { pageBytes: number; node: number | null; nr?: number; free?: number; surplus?: number };

function collect(files: readonly { readonly path: string; readonly text: string }[]): readonly Hugepages[] {
  const drafts = new Map<string, Draft>();
  for (const { path, text } of files) {
    const [, node, kib, name] = FILE.exec(path) ?? [];
    const key = `${node ?? ''}/${kib ?? ''}`;
    const draft = drafts.get(key) ?? {
      pageBytes: Number(kib) * 1024,
      node: node === undefined ? null : Number(node),
    };
    drafts.set(key, draft);
    if (name === 'nr' || name === 'free' || name === 'surplus') draft[name] = parseNumber(text, 'hugepages');
  }
  return [...drafts.values()]
    .map(({ pageBytes, node, nr, free, surplus }) => {
      if (nr === undefined || free === undefined || surplus === undefined) {
        const found = `${formatBytes(pageBytes)}, node ${node ?? 'any'}`;
        const expected = 'nr_hugepages, free_hugepages and surplus_hugepages of each size';
        throw notUnderstood({ kind: 'hugepages', line: 1, found, expected });
      }
      return { pageBytes, node, total: nr, free, surplus };
    })
    .sort((a, b) => a.pageBytes - b.pageBytes || (a.node ?? -1) - (b.node ?? -1));
}

export const hugepages: FactSpec<readonly Hugepages[]> = {
  read: (answers): Fact<readonly Hugepages[]> => understood(answers.files(FILE), collect),
  keys: ['hugepages'],
  summarise: (all) =>
    all.map(({ pageBytes, node, total }) => [
      `hugepages.${formatBytes(pageBytes).replace(' ', '')}.${node === null ? 'total' : `node${node}`}`,
      String(total),
    ]),
};

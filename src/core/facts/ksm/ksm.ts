import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { wholeNumber } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** Kernel samepage merging: Documentation/admin-guide/mm/ksm.rst. */
export type Ksm = {
  /** 0 stopped, 1 running, 2 stopped and all pages unmerged. */
  readonly run: number;
  readonly pagesShared: number;
  readonly pagesSharing: number;
  /** Pages are merged now: they stay so when `run` becomes 0, until 2 is written. */
  readonly merged: boolean;
  readonly values: Readonly<Record<string, number>>;
};

const FILE = /^\/sys\/kernel\/mm\/ksm\/(\w+)$/;

export const ksm: FactSpec<Ksm> = {
  read: (answers) =>
    understood(answers.files(FILE), (files) => {
      const values: Record<string, number> = {};
      for (const { path, text } of files) {
        const value = wholeNumber(text.trim());
        // Newer kernels have words among the numbers: `advisor_mode`.
        if (value !== undefined) values[FILE.exec(path)?.[1] ?? path] = value;
      }
      const { run, pages_shared: pagesShared, pages_sharing: pagesSharing } = values;
      if (run === undefined || pagesShared === undefined || pagesSharing === undefined) {
        const found = Object.keys(values).join(' ');
        throw notUnderstood({ kind: 'ksm', line: 1, found, expected: 'run, pages_shared and pages_sharing' });
      }
      return { run, pagesShared, pagesSharing, merged: pagesSharing > 0 || pagesShared > 0, values };
    }),
  keys: ['ksm.run', 'ksm.merged'],
  summarise: ({ run, merged }) => [
    ['ksm.run', String(run)],
    ['ksm.merged', merged ? 'pages are merged' : 'no page is merged'],
  ],
};

import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { filledLines, parseNumber, wholeNumber } from '../lines.ts';
import { formatBytes, type FactSpec } from '../spec.ts';

export type SwapArea = {
  readonly file: string;
  readonly kind: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
};

/** /proc/swaps; no area is a list too. */
export function parseSwaps(text: string): readonly SwapArea[] {
  const [header, ...rows] = filledLines(text);
  if (header === undefined || !/^Filename\s+Type\s+Size\s+Used\s+Priority$/.test(header.text)) {
    throw notUnderstood({
      kind: 'swaps',
      line: 1,
      found: header?.text ?? '',
      expected: 'the header of /proc/swaps',
    });
  }
  return rows.map(({ number, text: found }) => {
    const match = /^(\S+)\s+(\S+)\s+(\d+)\s+(\d+)\s+-?\d+$/.exec(found);
    const size = wholeNumber(match?.[3] ?? '');
    const used = wholeNumber(match?.[4] ?? '');
    if (match?.[1] === undefined || match[2] === undefined || size === undefined || used === undefined) {
      throw notUnderstood({
        kind: 'swaps',
        line: number,
        found,
        expected: 'file, type, size, used, priority',
      });
    }
    return { file: match[1], kind: match[2], sizeBytes: size * 1024, usedBytes: used * 1024 };
  });
}

export const swaps: FactSpec<readonly SwapArea[]> = {
  read: (answers) => understood(answers.file('/proc/swaps'), parseSwaps),
  keys: ['swap.size'],
  summarise: (areas) => [['swap.size', formatBytes(areas.reduce((sum, area) => sum + area.sizeBytes, 0))]],
};

/** 0 to 200: Documentation/admin-guide/sysctl/vm.rst. */
export const swappiness: FactSpec<number> = {
  read: (answers) =>
    understood(answers.file('/proc/sys/vm/swappiness'), (text) => parseNumber(text, 'swappiness')),
  keys: ['swap.swappiness'],
  summarise: (value) => [['swap.swappiness', String(value)]],
};

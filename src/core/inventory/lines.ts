import type { Span } from './problem.ts';

/** Lines and columns count from 1; columns in UTF-16 units. */
export type Place = {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
};

/** Turns offsets into lines and columns; a span that goes on over lines ends with its first. */
export function placesOf(text: string): (span: Span) => Place {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return ([from, to]) => {
    const start = Math.min(from, text.length);
    const index = lastUpTo(starts, start);
    const lineStart = starts[index] ?? 0;
    const nextLine = starts[index + 1] ?? text.length + 1;
    const lineEnd = lineStart + text.slice(lineStart, nextLine - 1).trimEnd().length;
    const end = Math.max(start, Math.min(to, lineEnd));
    const line = index + 1;
    return { line, column: start - lineStart + 1, endLine: line, endColumn: end - lineStart + 1 };
  };
}

/** Index of the last of the ascending numbers that is not greater than `limit`; the first is 0. */
function lastUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? Infinity) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

import { notUnderstood } from './error.ts';

/** A line of text with its number, counted from 1. */
export type Line = { readonly number: number; readonly text: string };

/** Lines without byte order mark, carriage returns and trailing blanks. */
export function linesOf(text: string): readonly Line[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.trimEnd() }));
}

/** Lines that are not blank. */
export function filledLines(text: string): readonly Line[] {
  return linesOf(text).filter((line) => line.text !== '');
}

/** The only line of a text that has exactly one, trimmed. */
export function onlyLine(text: string, kind: string, expected: string): string {
  const lines = filledLines(text);
  const [first, second] = lines;
  if (first === undefined) throw notUnderstood({ kind, line: 1, found: '', expected });
  if (second !== undefined) {
    throw notUnderstood({
      kind,
      line: second.number,
      found: second.text,
      expected: `${expected}, on one line`,
    });
  }
  return first.text.trim();
}

/** A whole number without sign that a double holds exactly; undefined for anything else. */
export function wholeNumber(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The whole number that is all of a text: a file of sysfs. */
export function parseNumber(text: string, kind: string): number {
  const line = onlyLine(text, kind, 'a whole number');
  const value = wholeNumber(line);
  if (value === undefined) throw notUnderstood({ kind, line: 1, found: line, expected: 'a whole number' });
  return value;
}

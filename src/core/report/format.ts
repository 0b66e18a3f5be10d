/** A ratio with three decimals; a point and never a comma, whatever the locale. */
export function ratioText(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

/** A throughput or score as a person reads it: whole from 100 on, two decimals below. Exact values are in JSON and CSV. */
export function throughputText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}

/** A share as per cent with two decimals. */
export function percentText(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(2)} %`;
}

/** `2026-01-31T08:00:00.123Z` as `2026-01-31 08:00:00 UTC`; anything else unchanged. */
export function timeText(iso: string | null): string {
  if (iso === null) return '–';
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(iso);
  return match === null ? iso : `${match[1] ?? ''} ${match[2] ?? ''} UTC`;
}

/**
 * Text from machines on one line, fit for a terminal: control characters, and those that turn the direction
 * of writing or show nothing (Unicode Cc, Cf, Zl, Zp), stand there as `\u{1b}`.
 */
export function printable(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, '; ')
    .replaceAll('\t', ' ')
    .replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of a server or another program for a person: no control characters (terminal tricks), not endless. */
export function printable(text: string): string {
  return text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 400);
}

/**
 * The one quoting function: a POSIX shell word that stands for exactly `value`.
 *
 * Inside single quotes nothing is special but the single quote itself, which is closed, escaped and
 * reopened (POSIX.1-2017, Shell Command Language, 2.2.2). A NUL byte cannot be a shell word.
 *
 * @throws RangeError where `value` holds a NUL character.
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a shell word cannot hold a NUL character');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

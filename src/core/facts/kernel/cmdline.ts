import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** One word of the kernel's command line; `value` is null where there is no `=`. */
export type CmdlineParameter = { readonly key: string; readonly value: string | null };

/**
 * Splits a kernel command line as the kernel does (lib/cmdline.c, next_arg): blanks separate outside of double
 * quotes, the first `=` ends the key, quotes around the value or around the whole word are dropped.
 * Words after ` -- ` belong to init and are listed like the others.
 */
export function parseCmdline(text: string): readonly CmdlineParameter[] {
  const kind = 'cmdline';
  const line = onlyLine(text, kind, 'a kernel command line');
  // The kernel passes on what the boot loader gave; control characters show another kind of file.
  // eslint-disable-next-line no-control-regex -- exactly these are meant
  if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(line)) {
    throw notUnderstood({ kind, line: 1, found: line, expected: 'a kernel command line' });
  }
  return words(line).map(parameter);
}

function words(line: string): readonly string[] {
  const found: string[] = [];
  let word = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (!quoted && /\s/.test(character)) {
      if (word !== '') found.push(word);
      word = '';
    } else {
      word += character;
    }
  }
  if (word !== '') found.push(word);
  return found;
}

function parameter(word: string): CmdlineParameter {
  const whole = word.startsWith('"') ? unquoted(word) : word;
  const equals = whole.indexOf('=');
  if (equals <= 0) return { key: whole, value: null };
  return { key: whole.slice(0, equals), value: unquoted(whole.slice(equals + 1)) };
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  return value.slice(1, value.length > 1 && value.endsWith('"') ? -1 : undefined);
}

/** As it would be typed. */
export function formatCmdline(parameters: readonly CmdlineParameter[]): string {
  return parameters
    .map(({ key, value }) => {
      if (value === null) return key;
      return `${key}=${/\s/.test(value) ? `"${value}"` : value}`;
    })
    .join(' ');
}

export const cmdline: FactSpec<readonly CmdlineParameter[]> = {
  read: (answers) => understood(answers.file('/proc/cmdline'), parseCmdline),
  keys: ['kernel.cmdline'],
  summarise: (parameters) => [['kernel.cmdline', formatCmdline(parameters)]],
};

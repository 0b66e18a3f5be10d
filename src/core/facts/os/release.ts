import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { filledLines, onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** os-release(5). `fields` has every assignment, unquoted. */
export type OsRelease = {
  readonly id: string;
  readonly versionId: string | null;
  readonly prettyName: string;
  readonly fields: Readonly<Record<string, string>>;
};

export function parseOsRelease(text: string): OsRelease {
  const kind = 'os-release';
  const fields: Record<string, string> = {};
  for (const { number, text: found } of filledLines(text)) {
    if (found.startsWith('#')) continue;
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(found);
    if (match?.[1] === undefined) {
      throw notUnderstood({ kind, line: number, found, expected: 'NAME=value' });
    }
    fields[match[1]] = unquoted(match[2] ?? '');
  }
  const id = fields.ID;
  // os-release(5): NAME and ID have defaults, but a text without both is another file.
  if (id === undefined && fields.NAME === undefined) {
    throw notUnderstood({
      kind,
      line: 1,
      found: text.split('\n')[0] ?? '',
      expected: 'ID= or NAME= somewhere',
    });
  }
  return {
    id: id ?? 'linux',
    versionId: fields.VERSION_ID ?? null,
    prettyName: fields.PRETTY_NAME ?? fields.NAME ?? 'Linux',
    fields,
  };
}

function unquoted(value: string): string {
  const match = /^(["'])(.*)\1$/.exec(value);
  return match === null ? value : (match[2] ?? '').replace(/\\(["'$`\\])/g, '$1');
}

/** /etc/redhat-release: `CentOS Linux release 7.2.1511 (Core)`. */
export type RedhatRelease = {
  readonly name: string;
  readonly version: string;
  readonly codename: string | null;
};

export function parseRedhatRelease(text: string): RedhatRelease {
  const kind = 'redhat-release';
  const expected = '"NAME release VERSION (CODENAME)"';
  const found = onlyLine(text, kind, expected);
  const match = /^(.+?) release (\S+)(?: \(([^)]*)\))?/.exec(found);
  if (match?.[1] === undefined || match[2] === undefined)
    throw notUnderstood({ kind, line: 1, found, expected });
  return { name: match[1], version: match[2], codename: match[3] ?? null };
}

export const osRelease: FactSpec<OsRelease> = {
  read: (answers) => understood(answers.file('/etc/os-release'), parseOsRelease),
  keys: ['os.release'],
  summarise: ({ prettyName }) => [['os.release', prettyName]],
};

export const redhatRelease: FactSpec<RedhatRelease> = {
  read: (answers) => understood(answers.file('/etc/redhat-release'), parseRedhatRelease),
  keys: ['os.redhatRelease'],
  summarise: ({ name, version, codename }) => [
    ['os.redhatRelease', `${name} ${version}${codename === null ? '' : ` (${codename})`}`],
  ],
};

import { understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { filledLines } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** One process of ps(1). `command` may be cut by ps. */
export type Process = { readonly pid: number; readonly user: string; readonly command: string };

/** `ps -eo …,args`, `ps -ef` or `ps aux`: by the header's columns; the command is last. */
export function parseProcesses(text: string): readonly Process[] {
  const kind = 'ps';
  const [header, ...rows] = filledLines(text);
  const columns = header?.text.trim().split(/\s+/) ?? [];
  const pid = columns.indexOf('PID');
  const user = columns.findIndex((column) => column === 'USER' || column === 'UID');
  const last = columns.at(-1);
  if (pid < 0 || user < 0 || (last !== 'COMMAND' && last !== 'CMD')) {
    const expected = 'a header with PID, USER or UID, and COMMAND or CMD last';
    throw notUnderstood({ kind, line: header?.number ?? 1, found: header?.text ?? '', expected });
  }
  return rows.map(({ number, text: found }) => {
    const words = found.trim().split(/\s+/);
    const id = words[pid];
    const owner = words[user];
    const command = words.slice(columns.length - 1).join(' ');
    if (id === undefined || !/^\d{1,10}$/.test(id) || owner === undefined || command === '') {
      throw notUnderstood({ kind, line: number, found, expected: `${columns.length} columns with a PID` });
    }
    return { pid: Number(id), user: owner, command };
  });
}

const PS = /^ps (?:(?:--cols \d+ |-ww )?-eo pid,ppid,user,stat,time,args|-ef|aux|-aux|-eF)$/;

export const processes: FactSpec<readonly Process[]> = {
  read: (answers) => understood(answers.output(PS), parseProcesses),
  keys: [],
  summarise: () => [],
};

/** What some processes mean for a measurement. */
export type Disturbance = 'numad' | 'ksmtuned' | 'vscode-server' | 'irqbalance' | 'tuned';

const DISTURBING: Readonly<Record<Disturbance, RegExp>> = {
  numad: /^\S*\bnumad(?:\s|$)/,
  ksmtuned: /(?:^|\/)ksmtuned(?:\s|$)/,
  // The server of VS Code and its forks: all lie in a directory of this shape.
  'vscode-server': /\/\.?(?:vscode|vscodium|cursor)[\w-]*-server\//,
  irqbalance: /^\S*\birqbalance(?:\s|$)/,
  tuned: /\/tuned(?:\s|$)/,
};

/** Processes that disturb a measurement, by what they are. */
export function disturbances(all: readonly Process[]): Readonly<Record<Disturbance, readonly Process[]>> {
  const which = (name: Disturbance): readonly Process[] =>
    all.filter(({ command }) => DISTURBING[name].test(command));
  return {
    numad: which('numad'),
    ksmtuned: which('ksmtuned'),
    'vscode-server': which('vscode-server'),
    irqbalance: which('irqbalance'),
    tuned: which('tuned'),
  };
}

export const disturbing: FactSpec<Readonly<Record<Disturbance, readonly Process[]>>> = {
  read: (answers) => understood(answers.output(PS), (text) => disturbances(parseProcesses(text))),
  keys: ['processes.disturbing'],
  summarise: (found) => [
    [
      'processes.disturbing',
      Object.entries(found)
        .filter(([, all]) => all.length > 0)
        .map(([name]) => name)
        .join(' ') || 'none',
    ],
  ],
};

/** Somebody who is logged in: who(1). */
export type LoggedIn = {
  readonly user: string;
  readonly terminal: string;
  readonly since: string;
  readonly from: string | null;
};

export function parseWho(text: string): readonly LoggedIn[] {
  return filledLines(text).map(({ number, text: found }) => {
    const match = /^(\S+)\s+(?:[+?-]\s+)?(\S+)\s+(\S.*?)(?:\s+\(([^()]*)\))?$/.exec(found);
    if (
      match?.[1] === undefined ||
      match[2] === undefined ||
      match[3] === undefined ||
      !/\d/.test(match[3])
    ) {
      throw notUnderstood({ kind: 'who', line: number, found, expected: 'user, terminal, time' });
    }
    return { user: match[1], terminal: match[2], since: match[3], from: match[4] ?? null };
  });
}

export const loggedIn: FactSpec<readonly LoggedIn[]> = {
  read: (answers) => understood(answers.output('who'), parseWho),
  keys: [],
  summarise: () => [],
};

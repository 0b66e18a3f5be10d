import type { Capture } from './capture.ts';
import { notUnderstood } from './error.ts';

/** A recorded shell session: the commands with what was shown, and the host's name where a prompt says it. */
export type Transcript = { readonly host: string | null; readonly captures: readonly Capture[] };

/**
 * Reads what script(1), tee or a person recorded: prompts, commands, output. Understood prompts are `# `, `$ `,
 * `[root@host dir]# ` and `user@host:dir$ `. In a Markdown document only the text within ``` fences counts.
 *
 * @throws FactsError `not-understood` where there is no prompt with a command.
 */
export function readTranscript(text: string): Transcript {
  const lines = cleanLines(text);
  const fenced = lines.some((line) => FENCE.test(line));
  const named = lines.some((line) => NAMED_PROMPT.test(line));
  const captures: { command: string; lines: string[] }[] = [];
  let open: { command: string; lines: string[] } | undefined;
  let host: string | null = null;
  let inside = !fenced;
  for (const line of lines) {
    if (FENCE.test(line)) {
      inside = !inside;
      open = undefined;
    } else if (inside && !SCRIPT_NOTE.test(line)) {
      const prompt = promptOf(line, named, open?.command ?? '');
      host ??= prompt?.host ?? null;
      if (prompt === undefined) {
        open?.lines.push(line);
      } else if (prompt.command === '' || /^(?:exit|logout)\b/.test(prompt.command)) {
        open = undefined;
      } else {
        open = { command: prompt.command, lines: [] };
        captures.push(open);
      }
    }
  }
  if (captures.length === 0) {
    const expected = 'a prompt with a command, like "# uname -r" or "[root@host ~]# uname -r"';
    throw notUnderstood({ kind: 'transcript', line: 1, found: lines[0] ?? '', expected });
  }
  return { host, captures: captures.map(({ command, lines: shown }) => captureOf(command, shown)) };
}

function captureOf(command: string, lines: readonly string[]): Capture {
  const text = lines.join('\n').replace(/^\n+|\s+$/g, '');
  return { command, output: text === '' ? '' : `${text}\n`, errors: '', exitStatus: null };
}

const FENCE = /^\s{0,3}```/;
const SCRIPT_NOTE = /^Script (?:started|done)(?: on|,|$)/;

/** `[root@host ~]# cmd`, `user@host:~$ cmd`, also behind a virtual environment's name. */
const NAMED_PROMPT =
  /^(?:\([\w.-]+\) )?(?:\[[\w.-]+@([\w.-]+) [^\]]{0,200}\]|[\w.-]+@([\w.-]+):[^#$\s]{0,200})\s?[#$](?: (.*))?$/;
const BARE_PROMPT = /^[#$](?: (.*))?$/;

/** What a command starts with. `# Automatically generated`, `# CONFIG_X is not set` and Markdown headings do not. */
const COMMAND = /^(?:[a-z][\w.+-]*|[./~][\w./+~-]*|\w+=\S*)(?:\s|$|[|;&<>])/;

type Prompt = { readonly host: string | null; readonly command: string };

function promptOf(line: string, named: boolean, running: string): Prompt | undefined {
  const match = NAMED_PROMPT.exec(line);
  if (match !== null) return { host: match[1] ?? match[2] ?? null, command: (match[3] ?? '').trim() };
  // A session shows one kind of prompt: beside named ones a line with `# ` is output.
  const bare = named ? null : BARE_PROMPT.exec(line);
  if (bare === null) return undefined;
  const command = (bare[1] ?? '').trim();
  if (command === '') return configShown(running) ? undefined : { host: null, command };
  if (!COMMAND.test(command) || isComment(command, running)) return undefined;
  return { host: null, command };
}

/** Lines of output that look like a prompt: comments of kernel configurations, the first line of dmidecode. */
function isComment(command: string, running: string): boolean {
  return command.startsWith('end of ')
    ? configShown(running)
    : /^dmidecode \d/.test(command) && running.includes('dmidecode');
}

function configShown(running: string): boolean {
  return running.includes('config');
}

/** Without escape sequences, carriage returns and typed-over characters. */
function cleanLines(text: string): readonly string[] {
  const plain = text
    .replace(/^\uFEFF/, '')
    // ECMA-48: OSC up to BEL or ST, CSI, and escapes of two characters.
    // eslint-disable-next-line no-control-regex -- escape sequences are control characters
    .replace(/\u001b(?:\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\)|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])/g, '');
  return plain
    .split('\n')
    .map((line) => withoutBackspaces(line.replace(/\r+$/, '')).replaceAll('\u0007', ''));
}

/** A backspace takes back the character before it. */
function withoutBackspaces(line: string): string {
  if (!line.includes('\b')) return line;
  const kept: string[] = [];
  for (const character of line) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}

import { readdir, readFile } from 'node:fs/promises';

type Process = { readonly pid: number; readonly parent: number; readonly command: string };

/**
 * The sshd processes below a listener: monitors and per-user sessions, found by the process tree, so that
 * other servers of the machine are never touched. What users run, and its children, is left out.
 */
export async function sshdProcessesBelow(listener: number): Promise<readonly number[]> {
  const all = await processes();
  const below = (parent: number): readonly number[] =>
    all
      .filter((process) => process.parent === parent && isSshd(process.command))
      .flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(listener);
}

/** `sshd`; since OpenSSH 9.8 `sshd-session`, since 10.0 `sshd-auth` too (comm holds 15 characters). */
const isSshd = (command: string) => /^sshd(-session|-auth)?$/.test(command);

async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => processOf(Number(pid))));
  return found.filter((process) => process !== undefined);
}

/** proc(5), /proc/pid/stat: `pid (comm) state ppid …`; comm may hold spaces and parentheses. */
async function processOf(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const match = /^\d+ \((.*)\) (\S) (\d+) /s.exec(stat);
  if (match === null || match[2] === 'Z') return undefined;
  return { pid, parent: Number(match[3]), command: match[1] ?? '' };
}

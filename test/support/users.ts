/**
 * Throw-away users with different login shells and rights, for tests that run as root.
 *
 *     describe.skipIf(!canMakeUsers())('as an ordinary user', () => {
 *       let user: TestUser;
 *       beforeAll(async () => { user = await makeUser({ label: 'sudo', sudo: 'password' }); });
 *       afterAll(() => user.remove());
 *
 * Names look like `kvmp-sudo-<pid>`, so runs side by side do not meet. Users (and their files and processes) that a
 * killed run left behind are removed before the first user is made.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './sshd.ts';

const SHELLS = { bash: '/bin/bash', fish: '/usr/bin/fish', zsh: '/usr/bin/zsh', dash: '/bin/sh' } as const;

export type UserOptions = {
  /** Middle of the name, up to 8 lower-case letters: `sudo`, `fish`. */
  readonly label: string;
  readonly shell?: keyof typeof SHELLS;
  /** password: sudo asks for the user's password; nopasswd: it never asks; none (default): not allowed. */
  readonly sudo?: 'password' | 'nopasswd' | 'none';
  /** Extra lines for the user's sudoers file; `USER` stands for the name: `Defaults:USER requiretty`. */
  readonly sudoers?: readonly string[];
  /** Text of the start-up file that the shell reads for `ssh host command`: .bashrc, .zshenv or config.fish. */
  readonly startup?: string;
};

export type TestUser = {
  readonly name: string;
  readonly password: string;
  readonly uid: number;
  readonly home: string;
  /** Ends the user's processes and removes user, home and sudoers file. */
  remove(): Promise<void>;
};

/** A start-up file that talks on both outputs, as many people's do. */
export const NOISY_STARTUP = 'echo "Welcome! It is `date`."\necho "noise on stderr" >&2\n';

export function canMakeUsers(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

let leftoversRemoved: Promise<void> | undefined;

export async function makeUser(options: UserOptions): Promise<TestUser> {
  leftoversRemoved ??= removeLeftovers();
  await leftoversRemoved;
  const name = `kvmp-${options.label}-${process.pid.toString(36)}`;
  const shell = SHELLS[options.shell ?? 'bash'];
  const password = randomBytes(12).toString('base64url');
  const skeleton = await mkdtemp(join(tmpdir(), 'kvmp-skel-'));
  const comment = `kvm-parity test ${process.pid} ${await startTime(process.pid)}`;
  await accounts('useradd', ['-m', '-k', skeleton, '-s', shell, '-c', comment, name]);
  await rm(skeleton, { recursive: true });
  await accounts('chpasswd', [], `${name}:${password}\n`);
  const account = (await passwd()).find((candidate) => candidate.name === name);
  if (account === undefined) throw new Error(`useradd made no ${name}`);
  await writeSudoers(name, options);
  if (options.startup !== undefined) await writeStartup(account, options.shell ?? 'bash', options.startup);
  return { ...account, password, remove: () => removeUser(account) };
}

type Account = {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly comment: string;
};

async function passwd(): Promise<readonly Account[]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [name = '', , uid = '', , comment = '', home = ''] = line.split(':');
    return { name, uid: Number(uid), home, comment };
  });
}

/** sudo ignores files of sudoers.d whose name holds a dot. */
const sudoersFile = (name: string) => `/etc/sudoers.d/${name}`;

async function writeSudoers(name: string, options: UserOptions): Promise<void> {
  const rule = {
    none: [],
    password: [`${name} ALL=(ALL:ALL) ALL`],
    nopasswd: [`${name} ALL=(ALL:ALL) NOPASSWD: ALL`],
  }[options.sudo ?? 'none'];
  const lines = [...(options.sudoers ?? []).map((line) => line.replaceAll('USER', name)), ...rule];
  if (lines.length > 0) await writeFile(sudoersFile(name), `${lines.join('\n')}\n`, { mode: 0o440 });
}

async function writeStartup(account: Account, shell: keyof typeof SHELLS, text: string): Promise<void> {
  const name = { bash: '.bashrc', zsh: '.zshenv', fish: '.config/fish/config.fish', dash: '.profile' }[shell];
  const file = join(account.home, name);
  if (shell === 'fish')
    await execa('install', ['-d', '-o', account.name, join(account.home, '.config/fish')]);
  await writeFile(file, text);
  await chown(file, account.uid, account.uid);
}

async function removeUser(account: Account): Promise<void> {
  await rm(sudoersFile(account.name), { force: true });
  await eventually(`no process of ${account.name} is left`, async () => {
    const pids = await processesOf(account.uid);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    return pids.length === 0;
  });
  await accounts('userdel', ['-r', account.name]);
}

async function processesOf(uid: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const owners = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return /^State:\tZ/m.test(status) ? undefined : /^Uid:\t(\d+)/m.exec(status)?.[1];
    }),
  );
  return pids.filter((_, index) => owners[index] === String(uid));
}

async function removeLeftovers(): Promise<void> {
  for (const account of await passwd()) {
    const match = /^kvm-parity test (\d+) (\d+)$/.exec(account.comment);
    if (match === null || !account.name.startsWith('kvmp-')) continue;
    if ((await startTime(Number(match[1]))) !== match[2]) await removeUser(account);
  }
}

/** proc(5): field 22 of /proc/pid/stat, ticks since boot; together with the pid it names one process. */
async function startTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Runs a tool that edits /etc/passwd, one at a time: they fail at once when another holds their lock. */
async function accounts(tool: string, parameters: readonly string[], input = ''): Promise<void> {
  const lock = join(tmpdir(), 'kvmp-accounts.lock');
  await execa('flock', [lock, tool, ...parameters], { input });
}

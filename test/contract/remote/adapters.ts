import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/remote/connect.ts';
import type { Questions } from '../../../src/remote/questions.ts';
import type { Target } from '../../../src/remote/target.ts';
import type { Transport } from '../../../src/remote/transport.ts';
import { startSshd, type Sshd } from '../../support/sshd.ts';
import { writeSshConfig } from '../../support/sshdConfig.ts';
import { canMakeUsers, makeUser, type TestUser, type UserOptions } from '../../support/users.ts';

/** One way to reach a machine, ready for the contract suite. */
export type Stage = {
  readonly target: Target;
  /** A new transport; its questions are answered with the user's password unless others are given. */
  connect(options?: { readonly target?: Target; readonly questions?: Questions }): Transport;
  /** Breaks all connections as if the network went away; what runs on the machine lives on. Absent for local. */
  readonly cutConnections?: () => Promise<void>;
  /** Uid of the user who logs in. */
  readonly uid: number;
  /** Our directory on the machine when it is used as `as`. */
  stateDirectory(as: 'login' | 'root'): string;
  /** Of that user. */
  readonly password?: string;
  remove(): Promise<void>;
};

export type Row = { readonly name: string; readonly skip: boolean; readonly setUp: () => Promise<Stage> };

const isRoot = canMakeUsers();
const NOISE = 'echo "Welcome! Maintenance on Sunday"\nprintf "no line end" >&2\n';

/** Adapters, identities and login shells that must all behave the same. */
export const rows: readonly Row[] = [
  { name: 'local', skip: false, setUp: localStage },
  // As Red Hat's is; bash is chattier than dash.
  { name: 'local where sh is bash', skip: false, setUp: () => shimmedStage({ sh: '/bin/bash' }) },
  { name: 'ssh2 as the tests’ user', skip: false, setUp: () => ssh2Stage() },
  {
    name: 'ssh2 as a user with noisy bash and sudo with password',
    skip: !isRoot,
    setUp: () => ssh2Stage({ label: 'noisy', startup: NOISE, sudo: 'password' }),
  },
  {
    name: 'ssh2 as a user with fish and sudo without password',
    skip: !isRoot,
    setUp: () => ssh2Stage({ label: 'fish', shell: 'fish', startup: NOISE, sudo: 'nopasswd' }),
  },
  {
    name: 'ssh2 as a user with zsh and sudo with password',
    skip: !isRoot,
    setUp: () => ssh2Stage({ label: 'zsh', shell: 'zsh', startup: NOISE, sudo: 'password' }),
  },
  { name: 'ssh2 through a jump', skip: false, setUp: () => ssh2Stage(undefined, { jump: true }) },
];

/** Questions that answer every secret the same way and count how often they were asked. */
export function answers(secret: string | undefined): Questions & { asked: number } {
  const questions = {
    asked: 0,
    acceptHostKey: () => Promise.resolve(false),
    secret: () => {
      questions.asked += 1;
      return Promise.resolve(secret);
    },
  };
  return questions;
}

/** The local machine with our files in a directory of the test. */
export function connectLocal(directory: string): Transport {
  const target: Target = { machine: 'here', address: { kind: 'local' }, become: 'none', directory };
  return connect(target, { settings: {}, questions: answers(undefined) });
}

async function localStage(): Promise<Stage> {
  const parent = await mkdtemp(join(tmpdir(), 'kvmp-local-'));
  const directory = join(parent, 'state');
  const target: Target = { machine: 'here', address: { kind: 'local' }, become: 'none', directory };
  return {
    target,
    uid: userInfo().uid,
    connect: (options) =>
      connect(options?.target ?? target, {
        settings: {},
        questions: options?.questions ?? answers(undefined),
      }),
    stateDirectory: () => directory,
    remove: () => rm(parent, { recursive: true, force: true }),
  };
}

/** The local machine with other programs first in the PATH, by name: the text of a script, or the path of a program. */
export async function shimmedStage(programs: Readonly<Record<string, string>>): Promise<Stage> {
  const bin = await mkdtemp(join(tmpdir(), 'kvmp-bin-'));
  for (const [name, program] of Object.entries(programs)) {
    if (program.startsWith('/')) await symlink(program, join(bin, name));
    else await writeFile(join(bin, name), program, { mode: 0o755 });
  }
  const path = process.env.PATH ?? '';
  process.env.PATH = `${bin}:${path}`;
  const stage = await localStage();
  return {
    ...stage,
    remove: async () => {
      process.env.PATH = path;
      await stage.remove();
      await rm(bin, { recursive: true });
    },
  };
}

export async function ssh2Stage(
  userOptions?: UserOptions,
  {
    jump = false,
    sshd: lines = [],
    seconds,
  }: {
    readonly jump?: boolean;
    /** Lines of sshd_config. */
    readonly sshd?: readonly string[];
    /** `connectTimeoutSeconds` */
    readonly seconds?: number;
  } = {},
): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'kvmp-home-'));
  // The start-up files of whoever runs the tests are not part of them.
  const sshd = await startSshd({ config: userOptions ? lines : [...lines, `SetEnv HOME=${home}`] });
  const user: TestUser | undefined = userOptions && (await makeUser(userOptions));
  const jumpHost: Sshd | undefined = jump ? await startSshd() : undefined;
  const { file } = await writeSshConfig(sshd.directory, [
    { alias: 'there', sshd, ...(user && { user: user.name }) },
    ...(jumpHost ? [{ alias: 'gate', sshd: jumpHost }] : []),
  ]);
  const directory = join(user?.home ?? home, 'state');
  const target: Target = {
    machine: 'there',
    address: {
      kind: 'ssh',
      host: 'there',
      ...(jump && {
        via: { machine: 'gate', address: { kind: 'ssh', host: 'gate' }, become: 'none' },
      }),
    },
    become: user ? 'sudo' : 'none',
    directory,
  };
  return {
    target,
    uid: user?.uid ?? userInfo().uid,
    ...(user && { password: user.password }),
    connect: (options) =>
      connect(options?.target ?? target, {
        settings: { configFile: file, ...(seconds !== undefined && { connectTimeoutSeconds: seconds }) },
        questions: options?.questions ?? answers(user?.password),
      }),
    cutConnections: () => sshd.killSessions(),
    stateDirectory: (as) => (as === 'root' && user ? join(directory, 'root') : directory),
    remove: async () => {
      await sshd.stop();
      await jumpHost?.stop();
      await user?.remove();
      await rm(home, { recursive: true, force: true });
    },
  };
}

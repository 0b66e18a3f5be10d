/**
 * Real OpenSSH servers for tests, each with its own port, directory, host keys and client key.
 *
 *     const sshd = await startSshd();                         // as root: any user logs in with sshd.clientKey
 *     const config = await writeSshConfig(sshd.directory, [{ alias: 'host', sshd }]);
 *     … ssh -F config.file host …                             // see sshdConfig.ts
 *     await sshd.killSessions();                              // the connection breaks, jobs of the user live on
 *     await sshd.stop();                                      // in afterAll
 *
 * The server logs at DEBUG1 to `sshd.logFile`; `waitForLog` waits until a line is there. Run as an ordinary user it
 * serves only that user. Linux only: processes are found through /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { sshdProcessesBelow } from './sshdProcesses.ts';

const SSHD = '/usr/sbin/sshd';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export type SshdOptions = {
  /** Types of the host keys, in the server's order. Default: ed25519 alone. */
  readonly hostKeys?: readonly KeyType[];
  /**
   * Lines of sshd_config, instead of ours with the same keyword: `MaxSessions 2`, `PasswordAuthentication yes`,
   * `SetEnv HOME=/some/clean/directory`, `UsePAM yes` …
   */
  readonly config?: readonly string[];
  /** Type of the client's key. Default ed25519. */
  readonly clientKeyType?: KeyType;
};

export type Sshd = {
  readonly port: number;
  readonly directory: string;
  readonly logFile: string;
  /** Private key that every user's authorized_keys accepts; `.pub` lies beside. */
  readonly clientKey: string;
  /** The user who runs the tests. */
  readonly user: string;
  /** Public parts of the host keys now in use: `ssh-ed25519 AAAA…`. */
  hostKeys(): Promise<readonly string[]>;
  log(): Promise<string>;
  /** Waits until the log, after its first `from` characters, matches. */
  waitForLog(pattern: RegExp, from?: number): Promise<void>;
  /** Process ids of the sshd processes that serve connections of this instance, deepest last; no user's command. */
  sessions(): Promise<readonly number[]>;
  /** kill -9 of these, as if the machine vanished from the connection; resolves when they are gone. */
  killSessions(): Promise<void>;
  /** SIGSTOP for listener and sessions: connections stay open, nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Adds a public key (one line) to those that may log in. */
  authorize(publicKey: string): Promise<void>;
  /** Ends listener and sessions; the port refuses until `start`. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** New host keys on the same port, as after a new installation. */
  rekeyHost(types?: readonly KeyType[]): Promise<void>;
  stop(): Promise<void>;
};

/** Generates a key pair without a passphrase (or with one); returns the private key's path. */
export async function generateKey(
  path: string,
  type: KeyType = 'ed25519',
  options: { readonly passphrase?: string } = {},
): Promise<string> {
  await rm(path, { force: true });
  await rm(`${path}.pub`, { force: true });
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  const passphrase = options.passphrase ?? '';
  await execa('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...bits,
    '-N',
    passphrase,
    '-C',
    'kvm-parity test',
    '-f',
    path,
  ]);
  return path;
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Polls a condition; throws with `what` after `seconds`. */
export async function eventually(
  what: string,
  condition: () => Promise<boolean> | boolean,
  seconds = 15,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await delay(20);
  }
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const directory = await mkdtemp(join(tmpdir(), 'kvmp-sshd-'));
  // sshd reads authorized_keys with the rights of the user who logs in.
  await chmod(directory, 0o711);
  const server = new Instance(directory, await freePort(), options);
  await generateKey(server.clientKey, options.clientKeyType);
  await server.authorize(await readFile(`${server.clientKey}.pub`, 'utf8'));
  await server.makeHostKeys(options.hostKeys ?? ['ed25519']);
  await server.start();
  return server;
}

/** A test run that dies must not leave servers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

class Instance implements Sshd {
  readonly directory: string;
  readonly port: number;
  readonly logFile: string;
  readonly clientKey: string;
  readonly user = userInfo().username;
  readonly #options: SshdOptions;
  #keyTypes: readonly KeyType[] = [];
  #process: ChildProcess | undefined;

  constructor(directory: string, port: number, options: SshdOptions) {
    this.directory = directory;
    this.port = port;
    this.logFile = join(directory, 'sshd.log');
    this.clientKey = join(directory, 'client_key');
    this.#options = options;
  }

  async makeHostKeys(types: readonly KeyType[]): Promise<void> {
    for (const type of types) await generateKey(this.#hostKey(type), type);
    this.#keyTypes = types;
  }

  #hostKey(type: KeyType): string {
    return join(this.directory, `host_${type}`);
  }

  async hostKeys(): Promise<readonly string[]> {
    const lines = await Promise.all(
      this.#keyTypes.map((type) => readFile(`${this.#hostKey(type)}.pub`, 'utf8')),
    );
    return lines.map((line) => line.split(' ').slice(0, 2).join(' '));
  }

  async start(): Promise<void> {
    const config = join(this.directory, 'sshd_config');
    const given = this.#options.config ?? [];
    const ours = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      ...this.#keyTypes.map((type) => `HostKey ${this.#hostKey(type)}`),
      `AuthorizedKeysFile ${this.directory}/authorized_keys`,
      'PidFile none',
      'StrictModes no',
      'LogLevel DEBUG1',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'UseDNS no',
      'PrintMotd no',
      'MaxStartups 100',
      ...((await knowsPenalties()) ? ['PerSourcePenalties no'] : []),
    ];
    // For most keywords the first line wins, for some (MaxStartups) the last: each is written once.
    const keyword = (line: string) => line.split(' ')[0]?.toLowerCase();
    const isGiven = (line: string) => given.some((other) => keyword(other) === keyword(line));
    const lines = [...given, ...ours.filter((line) => !isGiven(line))];
    await writeFile(config, `${lines.join('\n')}\n`);
    await writeFile(this.logFile, '', { flag: 'a' });
    const logged = (await this.log()).length;
    const child = spawn(SSHD, ['-D', '-f', config, '-E', this.logFile], { stdio: 'ignore' });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const exit = once(child, 'exit').then(async () => {
      throw new Error(`sshd did not start:\n${await this.log()}`);
    });
    // The listening line rather than a probe of the port: newer servers punish connections without a login.
    await Promise.race([this.waitForLog(/Server listening on 127\.0\.0\.1 /, logged), exit]);
    exit.catch(() => undefined);
  }

  async log(): Promise<string> {
    return readFile(this.logFile, 'utf8');
  }

  async waitForLog(pattern: RegExp, from = 0): Promise<void> {
    await eventually(`${String(pattern)} in ${this.logFile}`, async () =>
      pattern.test((await this.log()).slice(from)),
    );
  }

  async authorize(publicKey: string): Promise<void> {
    const file = join(this.directory, 'authorized_keys');
    await writeFile(file, `${publicKey.trim()}\n`, { flag: 'a', mode: 0o644 });
  }

  async sessions(): Promise<readonly number[]> {
    const listener = this.#process?.pid;
    return listener === undefined ? [] : sshdProcessesBelow(listener);
  }

  async killSessions(): Promise<void> {
    await eventually('all sessions are gone', async () => {
      const sessions = await this.sessions();
      for (const pid of sessions) signal(pid, 'SIGKILL');
      return sessions.length === 0;
    });
  }

  async freeze(): Promise<void> {
    this.#process?.kill('SIGSTOP');
    for (const pid of await this.sessions()) signal(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    for (const pid of await this.sessions()) signal(pid, 'SIGCONT');
    this.#process?.kill('SIGCONT');
    await Promise.resolve();
  }

  async halt(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    // Sessions are found through their parent, so they go first; the stopped listener takes no new ones.
    child.kill('SIGSTOP');
    for (const pid of await this.sessions()) signal(pid, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    this.#process = undefined;
  }

  async rekeyHost(types: readonly KeyType[] = this.#keyTypes): Promise<void> {
    await this.halt();
    await this.makeHostKeys(types);
    await this.start();
  }

  async stop(): Promise<void> {
    await this.halt();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `PerSourcePenalties` (OpenSSH 9.8) would lock the tests out after a few refused logins. */
let penalties: Promise<boolean> | undefined;
function knowsPenalties(): Promise<boolean> {
  penalties ??= execa(SSHD, ['-t', '-f', '/dev/null', '-o', 'PerSourcePenalties=no'], { reject: false }).then(
    ({ stderr }) => !/Bad configuration option/i.test(stderr),
  );
  return penalties;
}

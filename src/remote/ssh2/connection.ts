import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { TransportError } from '../error.ts';
import type { Channel } from '../channel.ts';
import type { Questions } from '../questions.ts';
import type { SshConfig } from '../sshConfigParse.ts';
import { chooseAlgorithms } from './algorithms.ts';
import { authentication } from './authentication.ts';
import { wrapChannel } from './channel.ts';
import { Deadline, pausing } from './deadline.ts';
import { type AcceptedKeys, knownKeyTypes, verifyHostKey } from './hostKey.ts';
import { printable } from './printable.ts';
import { SessionSlots } from './sessions.ts';
import type { Carrier } from './socket.ts';

const { Client } = ssh2;

/** Where ssh_config sets no ServerAliveInterval: a machine that is silent for two minutes is given up. */
const KEEPALIVE = { intervalMs: 30_000, count: 4 };

export type ConnectRequest = {
  readonly machine: string;
  readonly config: SshConfig;
  readonly carrier: Carrier;
  readonly questions: Questions;
  readonly accepted: AcceptedKeys;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** The server hung up before it said who it is: MaxStartups, a full backlog. Worth another try. */
export const isDropped = (error: unknown): boolean =>
  TransportError.is(error, 'unreachable') && error.data.dropped === true;

/**
 * SSH over a carrier: host key, then login. Questions to a person stop the clock of `timeoutMs`.
 *
 * @throws TransportError
 */
export async function connectOver(request: ConnectRequest): Promise<Connection> {
  const { machine, config, carrier, accepted, timeoutMs, signal } = request;
  const client = new Client();
  const deadline = new Deadline(timeoutMs);
  const abort = AbortSignal.any([signal, deadline.signal]);
  const questions = pausing(request.questions, deadline);
  try {
    const types = await knownKeyTypes(config, machine);
    const choice = chooseAlgorithms(config, types);
    if (choice.kind === 'nothing-in-common')
      throw TransportError.of('not-supported', {
        machine,
        what: `every ${choice.what} algorithm that ssh_config allows`,
      });
    await new Promise<void>((resolve, reject) => {
      const login = authentication({ machine, config, questions, signal: abort, giveUp: reject });
      let handshaken = false;
      let verified: Buffer | undefined;
      const lost = (cause?: unknown) => {
        reject(failureBeforeReady({ request, handshaken, login, cause }));
      };
      const onAbort = () => {
        reject(
          signal.aborted
            ? TransportError.of('cancelled', { machine })
            : TransportError.of('unreachable', {
                machine,
                host: config.hostName,
                port: config.port,
                detail: `no SSH server answered within ${timeoutMs / 1000} s`,
              }),
        );
      };
      // Reading known_hosts took time, and so did whatever was before.
      if (abort.aborted) {
        onAbort();
        return;
      }
      abort.addEventListener('abort', onAbort, { once: true });
      client.once('ready', resolve);
      client.once('handshake', () => {
        handshaken = true;
      });
      client.on('error', (error: Error & { level?: string }) => {
        // An agent that refuses to sign is one key less, not the end; and the end of all methods comes as `close`.
        if (error.level !== 'agent') lost(error);
      });
      client.once('end', lost);
      client.once('close', lost);
      // Gone before anyone listened: ssh2 would wait for it for ever.
      if (carrier.stream.destroyed) lost();
      client.connect({
        sock: carrier.stream,
        username: config.user,
        readyTimeout: 0,
        algorithms: choice.algorithms,
        keepaliveInterval:
          config.serverAliveInterval > 0 ? config.serverAliveInterval * 1000 : KEEPALIVE.intervalMs,
        keepaliveCountMax: config.serverAliveInterval > 0 ? config.serverAliveCountMax : KEEPALIVE.count,
        authHandler: login.handler,
        hostVerifier: (key: Buffer, verify: (valid: boolean) => void): undefined => {
          // Keys are exchanged anew during long connections: the machine must stay the same.
          if (verified !== undefined) {
            verify(key.equals(verified));
            return;
          }
          const asked = { machine, config, questions, signal: abort };
          verifyHostKey(key, asked, accepted).then(
            () => {
              verified = Buffer.from(key);
              verify(true);
            },
            (error: unknown) => {
              reject(error instanceof Error ? error : new Error(String(error)));
              verify(false);
            },
          );
        },
      });
    });
    return new Connection(client, request);
  } catch (error) {
    // After a failure ssh2 may still report the same trouble in other words.
    client.on('error', () => undefined);
    client.end();
    carrier.stream.destroy();
    throw error;
  } finally {
    deadline.stop();
  }
}

type Failure = {
  readonly request: ConnectRequest;
  readonly handshaken: boolean;
  readonly login: ReturnType<typeof authentication>;
  readonly cause: unknown;
};

function failureBeforeReady({ request, handshaken, login, cause }: Failure): TransportError {
  const { machine, config, carrier } = request;
  const message = cause instanceof Error ? printable(cause.message) : '';
  const where = { machine, host: config.hostName, port: config.port };
  if (handshaken) {
    const { level, code } = (cause ?? {}) as { level?: unknown; code?: unknown };
    if (level === 'client-authentication') return login.failure();
    // A numeric code is the server's own goodbye (RFC 4253, 11.1): "Too many authentication failures".
    if (typeof code === 'number') return login.failure(cause);
    return TransportError.of(
      'connection-lost',
      { ...where, detail: message || 'closed during the login' },
      cause,
    );
  }
  const mismatch = /no matching (.+)$/.exec(message)?.[1];
  if (mismatch !== undefined)
    return TransportError.of(
      'not-supported',
      { ...where, what: `any ${mismatch} that the server offers` },
      cause,
    );
  if (carrier.kind === 'command') {
    const detail = carrier.explain() || message || 'it ended';
    return TransportError.of('jump-failed', { ...where, jump: 'ProxyCommand', detail }, cause);
  }
  const detail = message === '' ? 'the connection was closed before SSH began' : message;
  return TransportError.of('unreachable', { ...where, detail, dropped: isDrop(cause) }, cause);
}

function isDrop(cause: unknown): boolean {
  if (cause === undefined) return true;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || message === 'Connection lost before handshake';
}

type Done<T> = (...result: [error: undefined, value: T] | [error: Error, value?: undefined]) => void;

/** One live SSH connection. It is never revived: after a loss a new one is made. */
export class Connection {
  readonly machine: string;
  readonly carrier: Carrier;
  readonly slots = new SessionSlots();
  readonly #client: InstanceType<typeof Client>;
  readonly #config: SshConfig;
  readonly #failures = new Set<(error: TransportError) => void>();
  #lost: TransportError | undefined;

  constructor(client: InstanceType<typeof Client>, { machine, carrier, config }: ConnectRequest) {
    this.machine = machine;
    this.carrier = carrier;
    this.#client = client;
    this.#config = config;
    client.removeAllListeners('error').removeAllListeners('end').removeAllListeners('close');
    client.on('error', (error: Error & { level?: string; code?: string }) => {
      if (error.level === 'client-timeout')
        this.#lose(TransportError.of('keepalive', { machine, seconds: this.#silence() }, error));
      else this.#lose(this.#connectionLost(printable(error.code ?? error.message), error));
    });
    const closed = () => {
      this.#lose(this.#connectionLost('the connection was closed'));
    };
    client.once('end', closed);
    client.once('close', closed);
  }

  get alive(): boolean {
    return this.#lost === undefined;
  }

  /**
   * Runs a command in the user's login shell, without a terminal. Needs a slot; `release` is called when the server
   * has closed the channel.
   *
   * @throws TransportError `connection-lost`, `keepalive`; ssh2's own error where the server refuses
   */
  async exec(command: string, release: () => void): Promise<Channel> {
    return this.#request((done) => {
      this.#client.exec(command, { pty: false }, (error, raw) => {
        // At once: the end of a short command may come in the same packet as its beginning.
        if (error) done(error);
        else done(undefined, this.#wrap(raw, release));
      });
    });
  }

  #wrap(raw: ClientChannel, release: () => void): Channel {
    const wrapped = wrapChannel(raw, this.machine);
    this.#failures.add(wrapped.fail);
    void wrapped.closed.then(() => {
      this.#failures.delete(wrapped.fail);
      release();
    });
    return wrapped.channel;
  }

  /** A byte stream to a host and port that this machine reaches. Rejects as `exec` does. */
  async forward(host: string, port: number): Promise<Duplex> {
    return this.#request((done) => {
      this.#client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
        if (error) done(error);
        else done(undefined, stream);
      });
    });
  }

  end(): void {
    this.#lose(this.#connectionLost('it was closed here'));
  }

  #request<T>(start: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      const forget = () => this.#failures.delete(reject);
      this.#failures.add(reject);
      try {
        start((...[error, value]) => {
          forget();
          if (error === undefined) resolve(value);
          else reject(this.#failureOr(error));
        });
      } catch (error) {
        // ssh2 throws where its client is over; its `close` may be yet to come, or long gone.
        this.#lose(this.#connectionLost(printable(String(error)), error));
        forget();
        reject(this.#failureOr(error as Error));
      }
    });
  }

  #failureOr(error: Error): Error {
    return this.#lost ?? error;
  }

  #silence(): number {
    const { serverAliveInterval: interval, serverAliveCountMax: count } = this.#config;
    return interval > 0 ? interval * count : (KEEPALIVE.intervalMs / 1000) * KEEPALIVE.count;
  }

  #connectionLost(detail: string, cause?: unknown): TransportError {
    return TransportError.of('connection-lost', { machine: this.machine, detail }, cause);
  }

  /** ssh2 would end the channels of a dead connection as if all were well: they are failed first. */
  #lose(error: TransportError): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    for (const fail of [...this.#failures]) fail(error);
    this.slots.close();
    this.#client.end();
    this.carrier.stream.destroy();
  }
}

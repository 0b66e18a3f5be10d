import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, Channels } from '../channel.ts';
import { TransportError } from '../error.ts';
import type { Target } from '../target.ts';
import type { Connection } from './connection.ts';
import { type Endpoint, type PoolOptions, SshPool } from './pool.ts';
import { printable } from './printable.ts';
import { resolveRoute } from './route.ts';
import { SharedAttempt } from './sharedAttempt.ts';

export type Ssh2Options = PoolOptions & {
  /** Shares connections (a guest goes through its host's) with other Channels of the same pool. */
  readonly pool?: SshPool;
  /** Closes everything when aborted. */
  readonly signal?: AbortSignal;
};

/** A freed slot may still count at the server for a moment: pauses before asking again. */
const REFUSED_PAUSES_MS = [50, 150, 400, 1000];
/** A short limit for connecting must not fail the start-up files of a busy machine. */
const LOGIN_TIMEOUT_S = { usual: 20, least: 5 };
/**
 * How long to wait for one of our own channels to end where the server allows fewer than usual, before there is a
 * spare connection and then. A follower holds its channel for hours, and sudo with a password takes two.
 */
const REDUCED_WAIT_MS = { first: 5000, later: 200 };

/**
 * Channels over ssh2, the built-in SSH client. Connects on first use, reads ssh_config anew for every connection,
 * and connects again on the next call after a loss. Where the server allows few sessions per connection and all are
 * in use for long, a second connection takes the others.
 */
export function ssh2Channels(target: Target, options: Ssh2Options): Channels {
  const channels = new Ssh2Channels(target, options);
  const close = () => void channels.close();
  if (options.signal?.aborted === true) close();
  else options.signal?.addEventListener('abort', close, { once: true });
  return channels;
}

class Ssh2Channels implements Channels {
  readonly machine: string;
  readonly loginTimeoutMs: number;
  readonly #target: Target;
  readonly #pool: SshPool;
  readonly #attempt: SharedAttempt<Connection>;
  readonly #options: PoolOptions;
  #endpoint: Endpoint | undefined;
  #spare: Ssh2Channels | undefined;
  /** Connections used so far, and the one used last. */
  #connections = 0;
  #last: Connection | undefined;
  #closed = false;

  constructor(target: Target, { settings, questions, pool }: Ssh2Options) {
    this.machine = target.machine;
    this.loginTimeoutMs =
      Math.max(LOGIN_TIMEOUT_S.least, settings.connectTimeoutSeconds ?? LOGIN_TIMEOUT_S.usual) * 1000;
    this.#target = target;
    this.#options = { settings, questions };
    this.#pool = pool ?? new SshPool(this.#options);
    this.#attempt = new SharedAttempt((signal) => this.#connect(signal));
  }

  async open(command: string, signal: AbortSignal): Promise<Channel> {
    for (;;) {
      const connection = await this.#connection(signal);
      const { slots } = connection;
      const wait = REDUCED_WAIT_MS[this.#spare === undefined ? 'first' : 'later'];
      switch (await slots.acquire(signal, slots.isReduced ? wait : undefined)) {
        case 'aborted':
          throw this.#cancelled();
        case 'timeout':
          return this.#spareChannels().open(command, signal);
        case 'closed':
          // Nothing was sent yet: the next connection serves as well.
          continue;
        case 'granted': {
          const channel = await this.#exec(connection, command, signal);
          if (channel !== 'wait') return channel;
        }
      }
    }
  }

  losses(): number {
    const own = this.#last?.alive === true ? this.#connections - 1 : this.#connections;
    return own + (this.#spare?.losses() ?? 0);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#attempt.abort();
    if (this.#endpoint !== undefined) this.#pool.release(this.#endpoint);
    this.#endpoint = undefined;
    return this.#spare?.close() ?? Promise.resolve();
  }

  /** Channels over a connection of their own: a shared pool would give the same one. */
  #spareChannels(): Ssh2Channels {
    if (this.#closed) throw this.#cancelled();
    this.#spare ??= new Ssh2Channels(this.#target, this.#options);
    return this.#spare;
  }

  async #connection(signal: AbortSignal): Promise<Connection> {
    if (this.#closed) throw this.#cancelled();
    const connection =
      this.#endpoint?.isConnected === true
        ? await this.#endpoint.connection(signal)
        : await this.#attempt.join(signal, () => this.#cancelled());
    if (connection !== this.#last) this.#connections += 1;
    this.#last = connection;
    return connection;
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    const { settings } = this.#pool.options;
    const way = await resolveRoute(this.#target, { machine: this.machine, settings, signal });
    const endpoint = this.#pool.endpoint(way);
    // The configuration may have changed since the last time; where it has not, this is the same endpoint.
    if (this.#endpoint !== undefined) this.#pool.release(this.#endpoint);
    if (signal.aborted || this.#closed) {
      this.#pool.release(endpoint);
      throw this.#cancelled();
    }
    this.#endpoint = endpoint;
    return endpoint.connection(signal);
  }

  /** wait: the server has no session left while others of ours are open. */
  async #exec(connection: Connection, command: string, signal: AbortSignal): Promise<Channel | 'wait'> {
    const { slots } = connection;
    let released = false;
    const release = () => {
      if (!released) slots.release();
      released = true;
    };
    for (const pause of [...REFUSED_PAUSES_MS, undefined]) {
      try {
        return await this.#abortable(connection.exec(command, release), { signal, release });
      } catch (error) {
        if (TransportError.is(error, 'cancelled')) throw error;
        if (TransportError.is(error) || !isRefusal(error)) {
          release();
          throw TransportError.is(error) ? error : this.#refused(slots.limit, error);
        }
        if (pause !== undefined) await delay(pause, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) {
          release();
          throw this.#cancelled();
        }
      }
    }
    release();
    if (slots.open === 0) throw this.#refused(0);
    slots.refused();
    return 'wait';
  }

  /** A channel that opens after its caller has gone is closed; its slot is free when the server has done so. */
  #abortable(
    opening: Promise<Channel>,
    { signal, release }: { readonly signal: AbortSignal; readonly release: () => void },
  ): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(this.#cancelled());
        opening.then(
          (channel) => {
            channel.abort();
          },
          () => {
            release();
          },
        );
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      opening.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', onAbort);
      });
    });
  }

  #cancelled(): TransportError {
    return TransportError.of('cancelled', { machine: this.machine });
  }

  #refused(sessions: number, cause?: unknown): TransportError {
    const detail =
      cause instanceof Error
        ? printable(cause.message)
        : `the server refused one while ${sessions} of ours were open on this connection`;
    return TransportError.of('channel-refused', { machine: this.machine, sessions, detail }, cause);
  }
}

/** RFC 4254, 5.1: SSH_OPEN_CONNECT_FAILED (2) is what OpenSSH says when MaxSessions are open; 4 = out of resources. */
function isRefusal(error: unknown): boolean {
  const { reason } = error as { reason?: unknown };
  return reason === 2 || reason === 4;
}

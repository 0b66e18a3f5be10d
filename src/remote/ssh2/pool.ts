import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../error.ts';
import type { Questions } from '../questions.ts';
import type { SshSettings } from '../target.ts';
import { type Connection, connectOver, isDropped } from './connection.ts';
import type { AcceptedKeys } from './hostKey.ts';
import { printable } from './printable.ts';
import type { Link } from './route.ts';
import { SharedAttempt } from './sharedAttempt.ts';
import { type Carrier, type CarrierOptions, openProxyCommand, openTcp } from './socket.ts';

export type PoolOptions = { readonly settings: SshSettings; readonly questions: Questions };

const DEFAULT_TIMEOUT_S = 20;
/** Tries when a busy server (MaxStartups) hangs up at once: 0, 0.2, 0.6, 1.4, 3 s after the first, give or take a half. */
const TRIES = 5;
const FIRST_PAUSE_MS = 200;

/**
 * Connections by the way they take, so that a host, its guests and everything behind one jump share what they have
 * in common. Give one pool to all `ssh2Channels` of a run.
 */
export class SshPool {
  readonly options: PoolOptions;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(options: PoolOptions) {
    this.options = options;
  }

  /** The endpoint at the end of a way; the caller gives it back with `release`. */
  endpoint(way: readonly Link[]): Endpoint {
    const link = way.at(-1);
    if (link === undefined) throw new RangeError('a way has at least one machine');
    const key = JSON.stringify(way.map(({ config }) => config));
    const found = this.#endpoints.get(key);
    if (found !== undefined) {
      found.users += 1;
      return found;
    }
    const before = way.length > 1 ? this.endpoint(way.slice(0, -1)) : undefined;
    const made = new Endpoint(link, before, this);
    this.#endpoints.set(key, made);
    return made;
  }

  release(endpoint: Endpoint): void {
    endpoint.users -= 1;
    if (endpoint.users > 0) return;
    for (const [key, value] of this.#endpoints) if (value === endpoint) this.#endpoints.delete(key);
    endpoint.end();
    if (endpoint.before !== undefined) this.release(endpoint.before);
  }
}

/** One machine at the end of a way, connected when needed, once however many wait, and anew after a loss. */
export class Endpoint {
  users = 1;
  readonly before: Endpoint | undefined;
  readonly #link: Link;
  readonly #pool: SshPool;
  readonly #accepted: AcceptedKeys = {};
  readonly #attempt = new SharedAttempt<Connection>((signal) => this.#connect(signal));
  #connection: Connection | undefined;

  constructor(link: Link, before: Endpoint | undefined, pool: SshPool) {
    this.#link = link;
    this.before = before;
    this.#pool = pool;
  }

  get isConnected(): boolean {
    return this.#connection?.alive === true;
  }

  async connection(signal: AbortSignal): Promise<Connection> {
    if (this.#connection?.alive === true) return this.#connection;
    return this.#attempt.join(signal, () => TransportError.of('cancelled', { machine: this.#link.machine }));
  }

  end(): void {
    this.#attempt.abort();
    this.#connection?.end();
    this.#connection = undefined;
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    for (let tried = 1; ; tried += 1) {
      try {
        this.#connection = await this.#connectOnce(signal);
        return this.#connection;
      } catch (error) {
        if (!isDropped(error) || tried === TRIES) throw error;
        // Jitter, so that those who were refused together do not come back together.
        const pause = FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random());
        await delay(pause, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw TransportError.of('cancelled', { machine: this.#link.machine }, error);
      }
    }
  }

  async #connectOnce(signal: AbortSignal): Promise<Connection> {
    const { machine, config } = this.#link;
    const { settings, questions } = this.#pool.options;
    const seconds = settings.connectTimeoutSeconds ?? config.connectTimeout ?? DEFAULT_TIMEOUT_S;
    const timeoutMs = seconds * 1000;
    const carrier = await this.#carrier({ machine, config, timeoutMs, signal });
    const accepted = this.#accepted;
    return connectOver({ machine, config, carrier, questions, accepted, timeoutMs, signal });
  }

  async #carrier(options: CarrierOptions): Promise<Carrier> {
    if (this.before !== undefined) return this.#jump(this.before, options);
    if (options.config.proxyCommand !== undefined)
      return openProxyCommand(options.config.proxyCommand, options);
    return openTcp(options);
  }

  async #jump(before: Endpoint, { machine, config, timeoutMs, signal }: CarrierOptions): Promise<Carrier> {
    const jump = before.#link.machine;
    const { hostName: host, port } = config;
    const through = await before.connection(signal).catch((error: unknown) => {
      if (!TransportError.is(error, 'unreachable', 'connection-lost', 'keepalive')) throw error;
      const detail = String(error.data.detail ?? error.reason);
      throw TransportError.of('jump-failed', { machine, jump, detail }, error);
    });
    try {
      const opening = through.forward(host, port);
      const stream = await inTime(opening, {
        timeoutMs,
        signal,
        cancelled: () => TransportError.of('cancelled', { machine }),
        late: () =>
          TransportError.of('unreachable', {
            machine,
            host,
            port,
            detail: `${jump} opened no connection to it within ${timeoutMs / 1000} s`,
          }),
      });
      stream.on('error', () => undefined);
      return { kind: 'jump', stream, explain: () => '' };
    } catch (error) {
      if (TransportError.is(error, 'cancelled', 'unreachable')) throw error;
      if (TransportError.is(error)) {
        const detail = String(error.data.detail ?? error.reason);
        throw TransportError.of('jump-failed', { machine, jump, detail }, error);
      }
      // RFC 4254, 5.1: 2 = the jump allows it and could not connect; 1 = it does not allow it.
      const { reason } = error as { reason?: number };
      const detail = printable(error instanceof Error ? error.message : String(error));
      throw reason === 2
        ? TransportError.of(
            'unreachable',
            { machine, host, port, detail: `${jump} cannot connect to it` },
            error,
          )
        : TransportError.of('jump-failed', { machine, jump, detail }, error);
    }
  }
}

type InTime = {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly cancelled: () => TransportError;
  readonly late: () => TransportError;
};

/** A stream that opens after its caller has gone is closed. */
function inTime(opening: Promise<Duplex>, { timeoutMs, signal, cancelled, late }: InTime): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: TransportError) => {
      reject(error);
      opening.then(
        (stream) => {
          stream.on('error', () => undefined).destroy();
        },
        () => undefined,
      );
    };
    const onAbort = () => {
      giveUp(cancelled());
    };
    const timer = setTimeout(() => {
      giveUp(late());
    }, timeoutMs);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    opening.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Channel, ChannelEnd, Channels } from '../channel.ts';
import { TransportError } from '../error.ts';
import type { ExecOptions, ExecResult } from '../transport.ts';
import { Collector, Tail } from './collect.ts';
import { Latch } from './latch.ts';
import { MarkerFilter } from './marker.ts';
import { TEXT_LIMIT } from './run.ts';
import { launchLine } from './scripts.ts';

const STDOUT_LIMIT = 4 * 1024 * 1024;
const STDERR_LIMIT = 64 * 1024;

type Launch = {
  /** What the shells of the channel read one after the other (sudo's, then root's); `options.stdin` follows the last. */
  readonly payloads: readonly string[];
  /** The line that the last payload prints on both outputs before anything else. */
  readonly marker: string;
  /** The line that the first payload prints, where there are several: then the login is done. */
  readonly loginMarker?: string;
  readonly options: ExecOptions;
  /** Called once when the marker was seen: the last payload runs. */
  readonly onStarted?: () => void;
};

/** noise: what the machine printed instead of starting the last payload. */
export type Launched =
  | { readonly started: true; readonly result: ExecResult }
  | {
      readonly started: false;
      readonly noise: { readonly stdout: string; readonly stderr: string };
      readonly end: ChannelEnd;
    };

/**
 * Runs payloads on a new channel to their end. When it settles, no call of `onStdout` is pending and none follows,
 * so that a caller who counts bytes knows them all.
 *
 * @throws TransportError of the channel, `login-hangs`, `cancelled`, `output-too-long`; and whatever `onStdout` or `stdin` throw.
 */
export async function launch(channels: Channels, run: Launch): Promise<Launched> {
  const { signal } = run.options;
  const { machine } = channels;
  const cancelled = (): TransportError => TransportError.of('cancelled', { machine }, signal.reason);
  if (signal.aborted) throw cancelled();
  const channel = await channels.open(launchLine, signal);
  const session = new Session(channel, run, channels);
  const abort = (): void => {
    session.stop();
  };
  // Opening took time: the signal may have come meanwhile.
  if ((signal as { readonly aborted: boolean }).aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const launched = await session.run();
    if (session.stopped) throw cancelled();
    return launched;
  } catch (error) {
    if (!session.stopped) throw error;
    throw session.loginHangs ?? cancelled();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** One channel from its opening to its end. */
class Session {
  readonly #channel: Channel;
  readonly #launch: Launch;
  readonly #machine: string;
  readonly #loginMarker: MarkerFilter;
  readonly #loginTimer: NodeJS.Timeout;
  readonly #outMarker: MarkerFilter;
  readonly #errMarker: MarkerFilter;
  readonly #stdout = new Collector(STDOUT_LIMIT);
  readonly #stderr = new Tail(STDERR_LIMIT);
  readonly #started = new Latch();
  /** Open when nothing more is to be read or written. */
  readonly #over = new Latch();
  /** Ends what the writer waits for at the moment. */
  #wakeWriter: () => void = () => undefined;
  #consuming: Promise<void> | undefined;
  stopped = false;
  /** Why it was stopped, where nobody outside did. */
  loginHangs: TransportError | undefined;

  constructor(channel: Channel, launch: Launch, { machine, loginTimeoutMs }: Channels) {
    this.#channel = channel;
    this.#launch = launch;
    this.#machine = machine;
    this.#loginMarker = new MarkerFilter(launch.loginMarker ?? launch.marker);
    this.#loginTimer = setTimeout(() => {
      this.#giveUpLogin(loginTimeoutMs);
    }, loginTimeoutMs);
    this.#outMarker = new MarkerFilter(launch.marker);
    this.#errMarker = new MarkerFilter(launch.marker);
  }

  /** Ends it from outside. */
  stop(): void {
    this.stopped = true;
    this.#finish();
    this.#channel.abort();
  }

  async run(): Promise<Launched> {
    const { stdin, stdout, stderr, ended } = this.#channel;
    // A broken pipe says that the script ended without reading; its exit status says what that means.
    stdin.on('error', () => undefined);
    const gone = new Promise<never>((_, reject) => {
      void this.#over.promise.then(() => {
        if (this.stopped) reject(new Error('stopped'));
      });
    });
    const reading = [
      this.#read(stdout, (chunk) => this.#takeStdout(chunk)),
      this.#read(stderr, (chunk) => {
        this.#takeStderr(chunk);
      }),
    ];
    const writing = this.#write(stdin);
    try {
      const [end] = await Promise.race([Promise.all([ended, ...reading]), gone, failureOf(writing)]);
      this.#finish();
      // The source is told to end, but what it waits for is its own affair.
      return this.#outcome(end);
    } catch (error) {
      this.#finish();
      this.#channel.abort();
      await this.#consuming?.catch(() => undefined);
      throw error;
    } finally {
      for (const promise of [ended, writing, ...reading]) promise.catch(() => undefined);
    }
  }

  #giveUpLogin(timeoutMs: number): void {
    if (this.stopped || this.#over.isOpen) return;
    this.#outMarker.end();
    this.#errMarker.end();
    const said = [this.#outMarker.noise, this.#errMarker.noise]
      .map((text) => text.trim())
      .join(' ')
      .trim();
    this.loginHangs = TransportError.of('login-hangs', {
      machine: this.#machine,
      seconds: timeoutMs / 1000,
      text: said.slice(-TEXT_LIMIT) || 'nothing',
    });
    this.stop();
  }

  #finish(): void {
    clearTimeout(this.#loginTimer);
    this.#over.open();
    this.#wakeWriter();
  }

  async #read(stream: Readable, take: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        if (this.#over.isOpen) return;
        try {
          await take(chunk);
        } catch (error) {
          throw new ConsumerError(error);
        }
      }
    } catch (error) {
      if (error instanceof ConsumerError) throw error.cause;
      // The stream broke: `ended` knows why. Should it not, the output is not whole.
      await this.#channel.ended;
      throw TransportError.of('connection-lost', { machine: this.#machine }, error);
    }
  }

  #takeStdout(chunk: Uint8Array): void | Promise<void> {
    this.#loginMarker.take(chunk);
    if (this.#loginMarker.found) clearTimeout(this.#loginTimer);
    const bytes = this.#outMarker.take(chunk);
    if (this.#outMarker.found && !this.#started.isOpen) {
      this.#started.open();
      this.#launch.onStarted?.();
    }
    if (bytes === undefined) return undefined;
    const { onStdout } = this.#launch.options;
    if (onStdout) {
      const consuming = onStdout(bytes);
      this.#consuming = consuming instanceof Promise ? consuming : undefined;
      return consuming;
    }
    if (!this.#stdout.add(bytes)) {
      throw TransportError.of('output-too-long', { machine: this.#machine, limitBytes: STDOUT_LIMIT });
    }
    return undefined;
  }

  #takeStderr(chunk: Uint8Array): void {
    const bytes = this.#errMarker.take(chunk);
    if (bytes !== undefined) this.#stderr.add(bytes);
  }

  async #write(stdin: Writable): Promise<void> {
    const { payloads, options } = this.#launch;
    const frames = payloads.map((text, index) =>
      frame(text, index === payloads.length - 1 && !options.stdin ? 'all' : 'rest'),
    );
    await this.#send(stdin, Buffer.concat(frames));
    if (options.stdin) {
      // Not before the script runs: what refuses to start it must not take bytes of the source.
      await this.#orOver(this.#started.promise);
      if (!this.#started.isOpen) return;
      const source = options.stdin[Symbol.asyncIterator]();
      try {
        while (!this.#over.isOpen) {
          const next = await this.#orOver(source.next());
          if (!next || next.done) break;
          if (!(await this.#send(stdin, next.value))) break;
        }
      } finally {
        // Not awaited: a source that waits for something would hold us.
        void source.return?.().then(undefined, () => undefined);
      }
    }
    if (!stdin.destroyed) stdin.end();
  }

  /** False where nobody reads any more. */
  async #send(stdin: Writable, bytes: Uint8Array): Promise<boolean> {
    if (this.#over.isOpen || stdin.destroyed || stdin.writableEnded) return false;
    if (stdin.write(bytes)) return true;
    const waiting = new AbortController();
    const drained = once(stdin, 'drain', waiting).then(() => true);
    const closed = once(stdin, 'close', waiting).then(() => false);
    try {
      return (await this.#orOver(Promise.race([drained, closed]))) ?? false;
    } catch {
      return false; // an error of stdin, which is expected to break
    } finally {
      waiting.abort();
      for (const promise of [drained, closed]) promise.catch(() => undefined);
    }
  }

  /** Settles as `promise` does, or with undefined when all is over. Only the writer waits so. */
  #orOver<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#over.isOpen) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#wakeWriter = () => {
        resolve(undefined);
      };
      promise.then(resolve, reject);
    });
  }

  #outcome(end: ChannelEnd): Launched {
    if (!this.#outMarker.found) {
      this.#outMarker.end();
      this.#errMarker.end();
      return {
        started: false,
        noise: { stdout: this.#outMarker.noise, stderr: this.#errMarker.noise },
        end,
      };
    }
    return {
      started: true,
      result: { ...end, stdout: this.#stdout.text(), stderr: this.#stderr.text() },
    };
  }
}

/** Keeps errors of the caller's `onStdout` apart from those of the stream. */
class ConsumerError extends Error {
  constructor(cause: unknown) {
    super('the consumer of the output failed', { cause });
  }
}

/** What `launch.sh` reads: length and mode, then the text. The shell strips line ends at its end, so there are none. */
function frame(text: string, mode: 'all' | 'rest'): Buffer {
  const bytes = Buffer.from(text.replace(/\n+$/, ''));
  return Buffer.concat([Buffer.from(`${bytes.length} ${mode}\n`), bytes]);
}

/** Rejects when `promise` does, else never settles. */
async function failureOf(promise: Promise<unknown>): Promise<never> {
  await promise;
  return new Promise<never>(() => undefined);
}

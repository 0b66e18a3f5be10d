import type { Channels } from '../channel.ts';
import { TransportError } from '../error.ts';
import type { Questions } from '../questions.ts';
import type { ExecOptions, ExecResult, Identity, ScriptCall } from '../transport.ts';
import { Latch } from './latch.ts';
import { launch, type Launched } from './launch.ts';
import { type Exec, marked, notUnderstood, TEXT_LIMIT } from './run.ts';
import { askpassText, launchLine, secretScript, sudoScript } from './scripts.ts';

const ATTEMPTS = 3;

type RootOptions = {
  readonly channels: Channels;
  readonly questions: Questions;
  /** Runs scripts as the user who logged in. */
  readonly login: Exec;
  readonly whoami: (signal: AbortSignal) => Promise<Identity>;
};

/** Why sudo did not start what it was given. */
type Refusal =
  | 'sudo-missing'
  | 'sudo-refused'
  | 'sudo-password'
  | 'sudo-requires-tty'
  | 'sudo-failed'
  | 'password-needed'
  | 'askpass-not-run';

/**
 * Runs scripts as root through sudo. A password is asked once and kept in memory only; it reaches sudo through a
 * one-shot askpass program (`secret.sh`), so the script's standard input stays free.
 */
export function sudoExec(options: RootOptions): Exec {
  const { channels, questions } = options;
  const { machine } = channels;
  let needsPassword = false;
  let password: string | undefined;
  const oneAtATime = turns();

  const start = async (
    call: ScriptCall,
    execOptions: ExecOptions,
    sudo: { readonly askpass: string; readonly onStarted?: () => void },
  ): Promise<ExecResult | { readonly refusal: Refusal; readonly text: string }> => {
    const outer = marked({ script: sudoScript, parameters: { LAUNCHER: launchLine, ASKPASS: sudo.askpass } });
    const inner = marked(call);
    const launched = await launch(channels, {
      payloads: [outer.text, inner.text],
      marker: inner.marker,
      loginMarker: outer.marker,
      options: execOptions,
      ...(sudo.onStarted && { onStarted: sudo.onStarted }),
    });
    return launched.started ? launched.result : refusalOf(machine, outer.marker, launched);
  };

  /** One attempt with a password; the next one may begin when this one's script runs. */
  const startWith = async (
    attempt: { readonly secret: string; readonly onStarted: () => void },
    call: ScriptCall,
    execOptions: ExecOptions,
  ): Promise<ExecResult | { readonly refusal: Refusal; readonly text: string }> => {
    const { stateDirectory } = await options.whoami(execOptions.signal);
    const held = holdSecret(options.login, {
      machine,
      directory: stateDirectory,
      secret: attempt.secret,
      signal: execOptions.signal,
    });
    try {
      const askpass = `${await held.directory}/askpass`;
      const answer = await start(call, execOptions, {
        askpass,
        onStarted: () => {
          held.release();
          attempt.onStarted();
        },
      });
      if ('refusal' in answer && answer.refusal === 'askpass-not-run')
        throw TransportError.of('state-directory', { machine, path: stateDirectory, why: 'noexec' });
      return answer;
    } finally {
      held.release();
      await held.done;
    }
  };

  return async (call, execOptions) => {
    if (!needsPassword) {
      const answer = await start(call, execOptions, { askpass: '' });
      if (!('refusal' in answer)) return answer;
      if (answer.refusal !== 'password-needed') throw refused(machine, answer);
      needsPassword = true;
    }
    const turn = await oneAtATime(execOptions.signal);
    try {
      for (let attempt = 1; ; attempt += 1) {
        if (execOptions.signal.aborted) {
          throw TransportError.of('cancelled', { machine }, execOptions.signal.reason);
        }
        const { user } = await options.whoami(execOptions.signal);
        password ??= await questions.secret(
          { kind: 'sudo-password', machine, user, ...(attempt > 1 && { again: true as const }) },
          execOptions.signal,
        );
        if (password === undefined) throw TransportError.of('sudo-password', { machine, user, given: false });
        const answer = await startWith({ secret: password, onStarted: turn.over }, call, execOptions);
        if (!('refusal' in answer)) return answer;
        if (answer.refusal !== 'sudo-password') throw refused(machine, answer);
        password = undefined;
        if (attempt === ATTEMPTS) {
          throw TransportError.of('sudo-password', { machine, user, given: true, attempts: attempt });
        }
      }
    } finally {
      turn.over();
    }
  };
}

function refused(machine: string, { refusal, text }: { refusal: Refusal; text: string }): TransportError {
  const reason =
    refusal === 'password-needed' ? 'sudo-password' : refusal === 'askpass-not-run' ? 'sudo-failed' : refusal;
  return TransportError.of(reason, { machine, text });
}

/** What sudo says in the C locale (sudo 1.8, 1.9: plugins/sudoers). */
function refusalOf(
  machine: string,
  outerMarker: string,
  { noise, end }: Launched & { readonly started: false },
): { readonly refusal: Refusal; readonly text: string } {
  if (!noise.stdout.includes(outerMarker)) throw notUnderstood(machine, `${noise.stdout}${noise.stderr}`);
  const words = (noise.stderr.split(`${outerMarker}\n`)[1] ?? noise.stderr).trim();
  const text = words.slice(0, TEXT_LIMIT);
  if (end.exitStatus === 127 && words === 'sudo: not found') return { refusal: 'sudo-missing', text };
  if (words.includes('must have a tty')) return { refusal: 'sudo-requires-tty', text };
  if (/unable to run .*\/askpass: Permission denied/.test(words)) return { refusal: 'askpass-not-run', text };
  if (/not in the sudoers|is not allowed to|may not run sudo/.test(words))
    return { refusal: 'sudo-refused', text };
  if (/incorrect password|Sorry, try again|no password was provided/.test(words))
    return { refusal: 'sudo-password', text };
  if (/password is required|required to read the password|askpass/.test(words)) {
    return { refusal: 'password-needed', text };
  }
  return {
    refusal: 'sudo-failed',
    text: text || `nothing, and ended with ${end.exitStatus ?? end.signal ?? 'no status'}`,
  };
}

type HeldSecret = {
  /** Holds `askpass`. Rejects where it could not be made. */
  readonly directory: Promise<string>;
  /** The secret is not needed any more: the directory is removed. */
  release(): void;
  /** Settles when it is removed; never rejects. */
  readonly done: Promise<void>;
};

function holdSecret(
  login: Exec,
  options: {
    readonly machine: string;
    readonly directory: string;
    readonly secret: string;
    readonly signal: AbortSignal;
  },
): HeldSecret {
  const { machine, directory, secret, signal } = options;
  const released = new Latch();
  let output = '';
  let announce: (path: string) => void = () => undefined;
  const announced = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const holding = login(
    { script: secretScript, parameters: { DIRECTORY: directory, ASKPASS: askpassText }, as: 'login' },
    {
      signal,
      stdin: (async function* () {
        yield Buffer.from(`${secret}\n`);
        await released.promise;
      })(),
      onStdout: (chunk) => {
        output += Buffer.from(chunk).toString('utf8');
        if (output.endsWith('\n')) announce(output.slice(0, -1));
      },
    },
  );
  const failed = holding.then(({ stderr }) => {
    throw TransportError.of('script-failed', {
      machine,
      script: secretScript.name,
      text: stderr.slice(-TEXT_LIMIT),
    });
  });
  const directoryOrError = Promise.race([announced, failed]);
  directoryOrError.catch(() => undefined);
  return {
    directory: directoryOrError,
    release: () => {
      released.open();
    },
    done: holding.then(
      () => undefined,
      () => undefined,
    ),
  };
}

/** Lets one caller go on at a time, in the order of asking; one that is aborted goes on at once, to give up. */
function turns(): (signal: AbortSignal) => Promise<{ over: () => void }> {
  let last = Promise.resolve();
  return async (signal) => {
    const mine = new Latch();
    const before = last;
    last = mine.promise;
    const aborted = new Latch();
    const abort = (): void => {
      aborted.open();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await Promise.race([before, aborted.promise]);
    signal.removeEventListener('abort', abort);
    return {
      over: () => {
        void before.then(() => {
          mine.open();
        });
      },
    };
  };
}

/**
 * Short words for tests of the ssh2 adapter.
 *
 *     const asked = recorder({ accept: true, secrets: ['password'] });
 *     const channels = connectTo('alias', { configFile, questions: asked.questions });
 *     expect(await run(channels, 'echo hi')).toMatchObject({ stdout: 'hi\n', exitStatus: 0 });
 */
import { text } from 'node:stream/consumers';
import type { Channels, ChannelEnd } from '../../src/remote/channel.ts';
import type { Question, Questions } from '../../src/remote/questions.ts';
import type { Address, SshSettings, Target } from '../../src/remote/target.ts';
import { ssh2Channels } from '../../src/remote/ssh2/channels.ts';
import type { SshPool } from '../../src/remote/ssh2/pool.ts';
import { TransportError } from '../../src/remote/error.ts';

export type Recorder = {
  readonly questions: Questions;
  /** What was asked, in order. */
  readonly asked: Question[];
};

/** Answers from a list; asked more often, it stays silent, as a person who is away. */
export function recorder(
  answers: { readonly accept?: boolean; readonly secrets?: readonly string[] } = {},
): Recorder {
  const asked: Question[] = [];
  const secrets = [...(answers.secrets ?? [])];
  return {
    asked,
    questions: {
      acceptHostKey: (question) => {
        asked.push(question);
        return Promise.resolve(answers.accept ?? false);
      },
      secret: (question) => {
        asked.push(question);
        return Promise.resolve(secrets.shift());
      },
    },
  };
}

export type ConnectOptions = SshSettings & {
  readonly questions?: Questions;
  readonly via?: Target;
  readonly user?: string;
  readonly port?: number;
  readonly pool?: SshPool;
};

export function sshTarget(host: string, address: Partial<Address & { kind: 'ssh' }> = {}): Target {
  return { machine: host, address: { kind: 'ssh', host, ...address }, become: 'none' };
}

export function connectTo(host: string, options: ConnectOptions): Channels {
  const { questions = recorder().questions, via, user, port, pool, ...settings } = options;
  const address = { ...(via && { via }), ...(user && { user }), ...(port && { port }) };
  return ssh2Channels(sshTarget(host, address), { settings, questions, ...(pool && { pool }) });
}

export type Run = ChannelEnd & { readonly stdout: string; readonly stderr: string };

export async function run(channels: Channels, command: string, input = ''): Promise<Run> {
  const channel = await channels.open(command, new AbortController().signal);
  channel.stdin.end(input);
  const [stdout, stderr, end] = await Promise.all([
    text(channel.stdout),
    text(channel.stderr),
    channel.ended,
  ]);
  return { ...end, stdout, stderr };
}

/** The error of an attempt that must fail. */
export async function refusal(attempt: Promise<unknown>): Promise<TransportError> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (TransportError.is(outcome)) return outcome;
  throw new Error('expected a TransportError', { cause: outcome });
}

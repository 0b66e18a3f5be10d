import { localChannels } from './local/channels.ts';
import type { Questions } from './questions.ts';
import { shellTransport } from './shellTransport.ts';
import { ssh2Channels } from './ssh2/channels.ts';
import type { SshPool } from './ssh2/pool.ts';
import type { SshSettings, Target } from './target.ts';
import type { Transport } from './transport.ts';

export type ConnectOptions = {
  readonly settings: SshSettings;
  readonly questions: Questions;
  /** Shares connections between machines that are reached through one another. */
  readonly pool?: SshPool;
};

/** The transport of a machine, by the adapter that its address asks for. Nothing is connected before its first use. */
export function connect(target: Target, options: ConnectOptions): Transport {
  const channels =
    target.address.kind === 'local' ? localChannels(target.machine) : ssh2Channels(target, options);
  return shellTransport(channels, target, options.questions);
}

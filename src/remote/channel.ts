import type { Readable, Writable } from 'node:stream';

/** How a remote process ended: one of the two is set. */
export type ChannelEnd = { readonly exitStatus: number | null; readonly signal: string | null };

/** One running command on a machine. No pseudo-terminal: bytes pass unchanged, standard error is apart. */
export type Channel = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once, after both outputs ended. Rejects with TransportError `connection-lost` or `keepalive`. */
  readonly ended: Promise<ChannelEnd>;
  /** Closes the channel at once; the remote process may live on. */
  abort(): void;
};

/**
 * The only thing an adapter has to provide: running a constant command line in the login shell of the
 * machine's user. Scripts, root, uploads, identity are the same for all adapters and lie on top (`shellTransport.ts`).
 * `command` is short and made by `shellTransport.ts` alone; values never travel in it.
 */
export type Channels = {
  readonly machine: string;
  /** From an open channel to the first word of our script on it: a login that takes longer hangs. */
  readonly loginTimeoutMs: number;
  /** Opens a channel, connecting first where needed. Waits while too many are open. Throws TransportError. */
  open(command: string, signal: AbortSignal): Promise<Channel>;
  /** How many connections were lost so far. What was learned of the machine before is void when this grows: it may have been booted since. */
  losses(): number;
  close(): Promise<void>;
};

import { homedir } from 'node:os';
import { execa } from 'execa';
import type { Channel, ChannelEnd, Channels } from '../channel.ts';
import { TransportError } from '../error.ts';

/** What a login would set too; the rest of our environment (an editor's, Node's) is not the machine's. */
const KEPT = ['HOME', 'USER', 'LOGNAME', 'PATH', 'SHELL', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_STATE_HOME'];

/** Channels to the machine we run on: child processes in a process group of their own. */
export function localChannels(machine: string): Channels {
  const open = new Set<Channel>();
  return {
    machine,
    // No login: only a shell that is started.
    loginTimeoutMs: 20_000,
    losses: () => 0,
    async open(command, signal) {
      if (signal.aborted) throw TransportError.of('cancelled', { machine }, signal.reason);
      const channel = await spawn(machine, command);
      open.add(channel);
      const forget = (): void => {
        open.delete(channel);
      };
      channel.ended.then(forget, forget);
      return channel;
    },
    async close() {
      const channels = [...open];
      for (const channel of channels) channel.abort();
      await Promise.allSettled(channels.map((channel) => channel.ended));
    },
  };
}

async function spawn(machine: string, command: string): Promise<Channel> {
  const child = execa('/bin/sh', ['-c', command], {
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    encoding: 'buffer',
    stdio: 'pipe',
    extendEnv: false,
    env: { ...keptEnvironment(), TERM: 'dumb' },
    cwd: homedir(),
  });
  const { pid } = child;
  if (pid === undefined) {
    const { cause, originalMessage } = await child;
    throw TransportError.of('channel-refused', { machine, detail: originalMessage ?? '' }, cause);
  }
  const { stdin, stdout, stderr } = child;
  let isOver = false;
  return {
    stdin,
    stdout,
    stderr,
    ended: child.then(({ exitCode, signal }): ChannelEnd => {
      isOver = true;
      return { exitStatus: exitCode ?? null, signal: signal ?? null };
    }),
    abort() {
      // A process id that has ended may be another's by now.
      if (!isOver) killGroup(pid);
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
    },
  };
}

function keptEnvironment(): Record<string, string> {
  return Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What runs as another user (sudo) may not be signalled; it ends when its pipes do. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    return;
  }
}

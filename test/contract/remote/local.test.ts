import { text } from 'node:stream/consumers';
import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { localChannels } from '../../../src/remote/local/channels.ts';
import { never } from './scripts.ts';

describe('local channels', () => {
  it('give a command the environment of a login, not ours', async () => {
    process.env.KVMP_LEAK = 'leak';
    process.env.KVM_PARITY_SUDO_PASSWORD = 'leak';
    try {
      const channel = await localChannels('here').open('env; pwd', never());
      const output = await text(channel.stdout);
      expect(output).not.toContain('leak');
      expect(output).toMatch(/^HOME=/m);
      expect(output).toMatch(/^TERM=dumb$/m);
      expect(output.trim().split('\n').at(-1)).toBe(homedir());
      expect(await channel.ended).toEqual({ exitStatus: 0, signal: null });
    } finally {
      delete process.env.KVMP_LEAK;
      delete process.env.KVM_PARITY_SUDO_PASSWORD;
    }
  });

  it('name the signal that ended a command', async () => {
    const channel = await localChannels('here').open('kill -s KILL $$', never());
    channel.stdout.resume();
    channel.stderr.resume();
    expect(await channel.ended).toEqual({ exitStatus: null, signal: 'SIGKILL' });
  });

  it('end a command and its children when aborted or closed', async () => {
    const channels = localChannels('here');
    for (const end of ['abort', 'close'] as const) {
      const channel = await channels.open('sleep 600 & echo $!; sleep 600', never());
      const [line] = (await channel.stdout.take(1).toArray()) as Buffer[];
      if (end === 'abort') channel.abort();
      else await channels.close();
      expect(await channel.ended).toMatchObject({ exitStatus: null, signal: 'SIGTERM' });
      await expect.poll(() => isRunning(Number(line))).toBe(false);
    }
  });

  it('are not opened for who has given up', async () => {
    const opening = localChannels('here').open('true', AbortSignal.abort());
    await expect(opening).rejects.toMatchObject({ reason: 'cancelled' });
  });
});

async function isRunning(pid: number): Promise<boolean> {
  const channel = await localChannels('here').open(`grep -q "^State:.[^ZX]" /proc/${pid}/status`, never());
  channel.stdout.resume();
  channel.stderr.resume();
  return (await channel.ended).exitStatus === 0;
}

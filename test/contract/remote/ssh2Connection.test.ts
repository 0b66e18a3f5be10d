import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Channel, Channels } from '../../../src/remote/channel.ts';
import { TransportError } from '../../../src/remote/error.ts';
import { eventually, freePort, type Sshd, type SshdOptions, startSshd } from '../../support/sshd.ts';
import { connectTo, refusal, run } from '../../support/sshdClient.ts';
import { writeSshConfig } from '../../support/sshdConfig.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvmp-connection-'));
});
afterAll(() => rm(directory, { recursive: true }));

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server and Channels to it. */
async function pair(
  options: SshdOptions & { readonly lines?: readonly string[]; readonly timeout?: number } = {},
): Promise<{ sshd: Sshd; channels: Channels }> {
  const config = [...(options.config ?? []), `SetEnv HOME=${directory}`];
  const sshd = await startSshd({ ...options, config });
  cleanups.push(() => sshd.stop());
  const { file } = await writeSshConfig(directory, [{ alias: 'host', sshd, lines: options.lines ?? [] }]);
  const channels = connectTo('host', { configFile: file, connectTimeoutSeconds: options.timeout ?? 20 });
  cleanups.push(() => channels.close());
  return { sshd, channels };
}

const never = new AbortController().signal;

/** Reads and drops both outputs, so that the channel can end. */
function drain(channel: Channel): Channel {
  channel.stdout.resume();
  channel.stderr.resume();
  return channel;
}

describe('a channel', () => {
  it('passes bytes unchanged both ways, keeps standard error apart and gives the exit status', async () => {
    const { channels } = await pair();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const channel = await channels.open('cat; printf "\\n\\r" >&2; exit 7', never);
    channel.stdin.end(bytes);
    const [out, err] = await Promise.all([buffer(channel.stdout), buffer(channel.stderr)]);
    expect(out.equals(bytes)).toBe(true);
    expect(err.toString()).toBe('\n\r');
    expect(await channel.ended).toEqual({ exitStatus: 7, signal: null });
  });

  it('has no terminal', async () => {
    const { channels } = await pair();
    expect(await run(channels, 'test -t 0 || test -t 1 || echo none')).toMatchObject({ stdout: 'none\n' });
  });

  it('names the signal that ended the command', async () => {
    const { channels } = await pair();
    expect(await run(channels, 'exec sh -c "kill -s KILL \\$\\$"')).toMatchObject({
      exitStatus: null,
      signal: 'SIGKILL',
    });
  });

  it('settles `ended` only after both outputs were read', async () => {
    const { channels } = await pair();
    const channel = await channels.open('head -c 300000 /dev/zero; echo late >&2', never);
    channel.stdin.end();
    let ended = false;
    void channel.ended.then(() => (ended = true));
    expect(await buffer(channel.stdout)).toHaveLength(300_000);
    // The command is over for the server; a second one proves that all its messages are here.
    await run(channels, 'true');
    expect(ended).toBe(false);
    channel.stderr.resume();
    await channel.ended;
  });

  it('holds the sender back while nobody reads', async () => {
    const { channels } = await pair();
    const channel = await channels.open('head -c 50000000 /dev/zero; echo done >&2', never);
    channel.stdin.end();
    let said = '';
    channel.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(channel.stdout, 'readable');
    await run(channels, 'true');
    expect(said).toBe('');
    let count = 0;
    for await (const chunk of channel.stdout) count += (chunk as Buffer).length;
    expect(count).toBe(50_000_000);
    await channel.ended;
    expect(said).toBe('done\n');
  });

  it('lets a writer end when the command reads no more', async () => {
    const { channels } = await pair();
    const channel = drain(await channels.open('head -c 10 >/dev/null; exit 4', never));
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65536);
      })(),
    );
    await expect(pipeline(endless, channel.stdin)).rejects.toThrow();
    expect(await channel.ended).toEqual({ exitStatus: 4, signal: null });
  });

  it('ends at once when aborted, and gives its place back', async () => {
    const { channels } = await pair();
    for (let round = 0; round < 12; round += 1) {
      const channel = await channels.open('exec cat', never);
      channel.abort();
      expect((await refusal(channel.ended)).reason).toBe('cancelled');
    }
    expect(await run(channels, 'echo still')).toMatchObject({ stdout: 'still\n' });
  });
});

describe('many channels', () => {
  it.each([[10], [2], [1]])(
    'opens fifteen over one connection where the server allows %i',
    async (sessions) => {
      const { sshd, channels } = await pair({ config: [`MaxSessions ${sessions}`] });
      const all = Array.from({ length: 15 }, (_, index) => run(channels, `sleep 0.05; echo ${index}`));
      const results = await Promise.all(all);
      expect(results.map(({ stdout }) => stdout.trim())).toEqual(results.map((_, index) => String(index)));
      expect((await sshd.log()).match(/Accepted publickey/g)).toHaveLength(1);
      expect(channels.losses()).toBe(0);
    },
  );

  it('opens more over a second connection where few are allowed and they stay in use', async () => {
    const { sshd, channels } = await pair({ config: ['MaxSessions 1'] });
    const held = drain(await channels.open('exec cat', never));
    for (const word of ['one', 'two'])
      expect(await run(channels, `echo ${word}`)).toMatchObject({ stdout: `${word}\n` });
    expect((await sshd.log()).match(/Accepted publickey/g)).toHaveLength(2);
    expect(channels.losses()).toBe(0);
    held.stdin.end();
    expect(await held.ended).toMatchObject({ exitStatus: 0 });
    await channels.close();
    await eventually('the server sees it', async () => (await sshd.sessions()).length === 0);
  });

  it('says so when the server allows no session at all', async () => {
    const { channels } = await pair({ config: ['MaxSessions 0'] });
    expect((await refusal(run(channels, 'true'))).reason).toBe('channel-refused');
  });

  it('lets a caller in the queue give up without harm to the others', async () => {
    const { channels } = await pair();
    const open = await Promise.all(
      Array.from({ length: 5 }, async () => drain(await channels.open('exec cat', never))),
    );
    const controller = new AbortController();
    const waiting = channels.open('true', controller.signal);
    controller.abort();
    expect((await refusal(waiting)).reason).toBe('cancelled');
    const next = run(channels, 'echo next');
    for (const channel of open) channel.stdin.end();
    expect(await next).toMatchObject({ stdout: 'next\n' });
  });
});

describe('a connection', () => {
  it('is made without Nagle’s algorithm', async () => {
    const { sshd, channels } = await pair();
    const connect = vi.spyOn(Socket.prototype, 'connect');
    await run(channels, 'true');
    const calls = JSON.stringify(connect.mock.calls);
    connect.mockRestore();
    expect(calls).toContain(`"port":${sshd.port}`);
    expect(calls).toContain('"noDelay":true');
  });

  it('is one however many callers come at once, and survives the one who gives up', async () => {
    const { sshd, channels } = await pair();
    const controller = new AbortController();
    const impatient = channels.open('true', controller.signal);
    const others = [run(channels, 'echo a'), run(channels, 'echo b')];
    controller.abort();
    expect((await refusal(impatient)).reason).toBe('cancelled');
    expect((await Promise.all(others)).map(({ stdout }) => stdout)).toEqual(['a\n', 'b\n']);
    expect((await sshd.log()).match(/Accepted publickey/g)).toHaveLength(1);
  });

  it('fails its channels when it is killed in the middle of a stream, and is made anew on the next call', async () => {
    const { sshd, channels } = await pair();
    const reading = await channels.open('yes', never);
    const writing = drain(await channels.open('cat >/dev/null', never));
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65536);
      })(),
    );
    const piped = pipeline(endless, writing.stdin).catch((error: unknown) => error);
    let received = 0;
    const read = (async () => {
      for await (const chunk of reading.stdout) received += (chunk as Buffer).length;
      return 'ended as if complete';
    })().catch((error: unknown) => error);
    await eventually('output flows', () => received > 0);
    await sshd.killSessions();
    for (const outcome of [
      await read,
      await piped,
      await refusal(reading.ended),
      await refusal(writing.ended),
    ])
      expect(TransportError.is(outcome, 'connection-lost')).toBe(true);
    expect(channels.losses()).toBe(1);
    expect(await run(channels, 'echo back')).toMatchObject({ stdout: 'back\n' });
    expect(channels.losses()).toBe(1);
  });

  it('fails a channel that nobody reads when it is killed', async () => {
    const { sshd, channels } = await pair();
    const channel = await channels.open('yes', never);
    await once(channel.stdout, 'readable');
    await sshd.killSessions();
    expect((await refusal(channel.ended)).reason).toBe('connection-lost');
  });

  it('is given up when the machine stops answering', async () => {
    const { sshd, channels } = await pair({ lines: ['ServerAliveInterval 1', 'ServerAliveCountMax 2'] });
    const channel = drain(await channels.open('exec cat', never));
    await sshd.freeze();
    const error = await refusal(channel.ended);
    await sshd.thaw();
    expect(error.reason).toBe('keepalive');
    expect(error.data).toMatchObject({ machine: 'host', seconds: 2 });
    expect(await run(channels, 'echo back')).toMatchObject({ stdout: 'back\n' });
  });

  it('is made by a later try when the server is too busy at first (MaxStartups)', async () => {
    const { sshd, channels } = await pair({ config: ['MaxStartups 1:100:1'] });
    const blocker = new Socket().connect(sshd.port, '127.0.0.1');
    await once(blocker, 'data');
    const attempt = run(channels, 'echo in');
    await sshd.waitForLog(/drop connection|beginning MaxStartups throttling/i);
    blocker.destroy();
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
  });

  it('closes for good', async () => {
    const { sshd, channels } = await pair();
    const channel = drain(await channels.open('exec cat', never));
    await channels.close();
    expect(['connection-lost', 'cancelled']).toContain((await refusal(channel.ended)).reason);
    expect((await refusal(run(channels, 'true'))).reason).toBe('cancelled');
    await eventually('the server sees it', async () => (await sshd.sessions()).length === 0);
  });
});

describe('a machine that cannot be reached', () => {
  it('says that the connection was refused', async () => {
    const { sshd } = await pair();
    const closed = { ...sshd, port: await freePort(), hostKeys: () => sshd.hostKeys() };
    const { file } = await writeSshConfig(directory, [{ alias: 'host', sshd: closed }]);
    const error = await refusal(run(connectTo('host', { configFile: file }), 'true'));
    expect(error.reason).toBe('unreachable');
    expect(error.data).toMatchObject({
      machine: 'host',
      port: closed.port,
      detail: 'the connection was refused',
    });
  });

  it('says that its name was not found', async () => {
    const channels = connectTo('no-such-host.invalid', { configFile: '/dev/null' });
    const error = await refusal(run(channels, 'true'));
    expect(error.reason).toBe('unreachable');
    expect(error.data.detail).toMatch(/its name/);
  });

  it('says that no SSH server answers in time', async () => {
    const silent: Server = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const channels = connectTo('127.0.0.1', { configFile: '/dev/null', port, connectTimeoutSeconds: 0.3 });
    const error = await refusal(run(channels, 'true'));
    silent.close();
    expect(error.reason).toBe('unreachable');
    expect(error.data.detail).toContain('no SSH server answered within 0.3 s');
  });

  it('is told apart from one that needs algorithms that the built-in client lacks', async () => {
    const { channels } = await pair({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
    const error = await refusal(run(channels, 'true'));
    expect(error.reason).toBe('not-supported');
    expect(error.data.what).toContain('key exchange');
  });

  it('is refused before anything runs where its name looks like an option or holds shell text', async () => {
    for (const host of ['-oProxyCommand=touch x', 'a;touch x', '$(touch x)'])
      expect((await refusal(run(connectTo(host, { configFile: '/dev/null' }), 'true'))).reason).toBe(
        'ssh-config',
      );
  });
});

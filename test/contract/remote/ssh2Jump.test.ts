import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SshPool } from '../../../src/remote/ssh2/pool.ts';
import { eventually, freePort, type Sshd, startSshd } from '../../support/sshd.ts';
import { connectTo, recorder, refusal, run, sshTarget } from '../../support/sshdClient.ts';
import { type SshEntry, writeSshConfig } from '../../support/sshdConfig.ts';

let directory: string;
let jump: Sshd;
let second: Sshd;
let guest: Sshd;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvmp-jump-'));
  const config = [`SetEnv HOME=${directory}`];
  [jump, second, guest] = await Promise.all([
    startSshd({ config }),
    startSshd({ config }),
    startSshd({ config: [`SetEnv HOME=${directory} WHO=guest`] }),
  ]);
});
afterAll(async () => {
  await Promise.all([jump.stop(), second.stop(), guest.stop()]);
  await rm(directory, { recursive: true });
});

const write = (entries: readonly SshEntry[]) => writeSshConfig(directory, entries);
const forwards = async (sshd: Sshd) =>
  ((await sshd.log()).match(/server_request_direct_tcpip/g) ?? []).length;
const logins = async (sshd: Sshd) => ((await sshd.log()).match(/Accepted publickey/g) ?? []).length;

describe('ProxyJump', () => {
  it('goes through the named machine', async () => {
    const before = await forwards(jump);
    const { file } = await write([
      { alias: 'jump', sshd: jump },
      { alias: 'guest', sshd: guest, lines: ['ProxyJump jump'] },
    ]);
    const channels = connectTo('guest', { configFile: file });
    expect(await run(channels, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await channels.close();
    expect(await forwards(jump)).toBe(before + 1);
    await eventually('the jump is closed too', async () => (await jump.sessions()).length === 0);
  });

  it('goes through a chain, nearest machine first', async () => {
    const before = [await forwards(jump), await forwards(second)];
    const { file } = await write([
      { alias: 'jump', sshd: jump },
      { alias: 'second', sshd: second },
      { alias: 'guest', sshd: guest, lines: ['ProxyJump jump,second'] },
    ]);
    const channels = connectTo('guest', { configFile: file });
    expect(await run(channels, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await channels.close();
    expect([await forwards(jump), await forwards(second)]).toEqual(before.map((count) => count + 1));
    expect(await jump.log()).toContain(`port ${second.port}`);
  });

  it('follows the ProxyJump of the jump itself', async () => {
    const before = await forwards(jump);
    const { file } = await write([
      { alias: 'jump', sshd: jump },
      { alias: 'second', sshd: second, lines: ['ProxyJump jump'] },
      { alias: 'guest', sshd: guest, lines: ['ProxyJump second'] },
    ]);
    const channels = connectTo('guest', { configFile: file });
    expect(await run(channels, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await channels.close();
    expect(await forwards(jump)).toBe(before + 1);
  });

  it('checks the host key of every machine on the way, under its own name', async () => {
    const { file, knownHosts } = await write([
      { alias: 'jump', sshd: jump, knownHosts: 'empty' },
      { alias: 'guest', sshd: guest, knownHosts: 'empty', lines: ['ProxyJump jump'] },
    ]);
    const asked = recorder({ accept: true });
    const channels = connectTo('guest', { configFile: file, questions: asked.questions });
    await run(channels, 'true');
    await channels.close();
    expect(asked.asked).toMatchObject([
      { kind: 'host-key', machine: 'jump', host: `[127.0.0.1]:${jump.port}`, file: knownHosts.jump },
      { kind: 'host-key', machine: 'guest', host: `[127.0.0.1]:${guest.port}`, file: knownHosts.guest },
    ]);
  });

  it('does not reach for the guest when the jump is not trusted', async () => {
    const before = await forwards(jump);
    const { file } = await write([
      { alias: 'jump', sshd: jump, knownHosts: 'empty' },
      { alias: 'guest', sshd: guest, lines: ['ProxyJump jump'] },
    ]);
    const error = await refusal(run(connectTo('guest', { configFile: file }), 'true'));
    expect(error.reason).toBe('host-key-unknown');
    expect(error.data.machine).toBe('jump');
    expect(await forwards(jump)).toBe(before);
  });

  it('says which machine failed on the way, and which lies behind it', async () => {
    const closed = { ...guest, port: await freePort(), hostKeys: () => guest.hostKeys() };
    const { file } = await write([
      { alias: 'jump', sshd: jump },
      { alias: 'down', sshd: closed },
      { alias: 'behind-down', sshd: guest, lines: ['ProxyJump down'] },
      { alias: 'down-behind', sshd: closed, lines: ['ProxyJump jump'] },
    ]);
    const first = await refusal(run(connectTo('behind-down', { configFile: file }), 'true'));
    expect(first.reason).toBe('jump-failed');
    expect(first.data).toMatchObject({
      machine: 'behind-down',
      jump: 'down',
      detail: 'the connection was refused',
    });
    const last = await refusal(run(connectTo('down-behind', { configFile: file }), 'true'));
    expect(last.reason).toBe('unreachable');
    expect(last.data).toMatchObject({ machine: 'down-behind', port: closed.port });
  });

  it('says so when the jump does not forward', async () => {
    const strict = await startSshd({ config: ['AllowTcpForwarding no'] });
    const { file } = await write([
      { alias: 'strict', sshd: strict },
      { alias: 'guest', sshd: guest, lines: ['ProxyJump strict'] },
    ]);
    const error = await refusal(run(connectTo('guest', { configFile: file }), 'true'));
    await strict.stop();
    expect(error.reason).toBe('jump-failed');
    expect(error.data).toMatchObject({ machine: 'guest', jump: 'strict' });
  });

  it('refuses a way that leads through itself', async () => {
    const { file } = await write([
      { alias: 'a', sshd: jump, lines: ['ProxyJump b'] },
      { alias: 'b', sshd: second, lines: ['ProxyJump a'] },
    ]);
    expect((await refusal(run(connectTo('a', { configFile: file }), 'true'))).reason).toBe('jump-failed');
  });
});

describe('a guest through its host', () => {
  it('shares the connection of its host in one pool, and both come back after a loss', async () => {
    const { file } = await write([
      { alias: 'host', sshd: jump },
      { alias: 'vm', sshd: guest },
    ]);
    const before = await logins(jump);
    const pool = new SshPool({ settings: { configFile: file }, questions: recorder().questions });
    const host = connectTo('host', { configFile: file, pool });
    const vm = connectTo('vm', { configFile: file, pool, via: sshTarget('host') });
    expect(await run(host, 'echo ${WHO:-host}')).toMatchObject({ stdout: 'host\n' });
    expect(await run(vm, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    expect(await logins(jump)).toBe(before + 1);

    const waiting = await vm.open('exec cat', new AbortController().signal);
    waiting.stdout.resume();
    waiting.stderr.resume();
    await jump.killSessions();
    expect((await refusal(waiting.ended)).reason).toBe('connection-lost');
    const both = await Promise.all([run(vm, 'echo $WHO'), run(host, 'echo ${WHO:-host}')]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['guest\n', 'host\n']);
    expect(await logins(jump)).toBe(before + 2);

    await host.close();
    expect(await run(vm, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await vm.close();
    await eventually('all is closed', async () => (await jump.sessions()).length === 0);
  });
});

describe('a jump that does not answer', () => {
  it('is given up in time, also by who has enough of waiting', async () => {
    const { file } = await write([
      { alias: 'host', sshd: second },
      { alias: 'vm', sshd: guest },
    ]);
    const settings = { configFile: file, connectTimeoutSeconds: 0.5 };
    const pool = new SshPool({ settings, questions: recorder().questions });
    const host = connectTo('host', { ...settings, pool });
    const vm = connectTo('vm', { ...settings, pool, via: sshTarget('host') });
    await run(host, 'true');
    await second.freeze();
    const error = await refusal(run(vm, 'true'));
    expect(error.reason).toBe('unreachable');
    expect(error.data).toMatchObject({
      machine: 'vm',
      detail: 'host opened no connection to it within 0.5 s',
    });
    const controller = new AbortController();
    const waiting = vm.open('true', controller.signal);
    controller.abort();
    expect((await refusal(waiting)).reason).toBe('cancelled');
    await second.thaw();
    expect(await run(vm, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await Promise.all([host.close(), vm.close()]);
  });
});

describe('ProxyCommand', () => {
  it('is started, as `Match exec` is, without our own variables, which may hold passwords', async () => {
    const own = await write([{ alias: 'jump', sshd: jump }]);
    const { file } = await write([
      {
        alias: 'guest',
        sshd: guest,
        lines: [`ProxyCommand env >${directory}/command; ssh -F ${own.file} -W %h:%p jump`],
      },
    ]);
    const outer = join(directory, 'spying');
    await writeFile(outer, `Match exec "env >${directory}/match"\nInclude ${file}\n`);
    process.env.KVM_PARITY_PASSWORD = 'secret';
    process.env.KVMP_OTHER = 'kept';
    try {
      const channels = connectTo('guest', { configFile: outer });
      await channels.open('true', new AbortController().signal).then(
        (channel) => {
          channel.abort();
        },
        () => undefined,
      );
      await channels.close();
      for (const name of ['command', 'match']) {
        const seen = await readFile(join(directory, name), 'utf8');
        expect(seen).toContain('KVMP_OTHER=kept');
        expect(seen).not.toContain('KVM_PARITY_');
      }
    } finally {
      delete process.env.KVM_PARITY_PASSWORD;
      delete process.env.KVMP_OTHER;
    }
  });

  it('runs the user’s command with its tokens', async () => {
    const own = await write([{ alias: 'jump', sshd: jump }]);
    const { file } = await write([
      { alias: 'guest', sshd: guest, lines: [`ProxyCommand ssh -F ${own.file} -W %h:%p jump`] },
    ]);
    const channels = connectTo('guest', { configFile: file });
    const big = 'x'.repeat(3_000_000);
    expect((await run(channels, 'cat', big)).stdout).toHaveLength(big.length);
    await channels.close();
    await eventually('the command has ended', async () => (await jump.sessions()).length === 0);
  });

  it('says what the command said when it fails', async () => {
    const { file } = await write([
      { alias: 'guest', sshd: guest, lines: ['ProxyCommand sh -c "echo no way >&2; exit 1"'] },
    ]);
    const error = await refusal(run(connectTo('guest', { configFile: file }), 'true'));
    expect(error.reason).toBe('jump-failed');
    expect(error.data.detail).toContain('no way');
  });

  it('fails the channels when the command dies', async () => {
    const own = await write([{ alias: 'jump', sshd: jump }]);
    const { file } = await write([
      { alias: 'guest', sshd: guest, lines: [`ProxyCommand ssh -F ${own.file} -W %h:%p jump`] },
    ]);
    const channels = connectTo('guest', { configFile: file });
    const channel = await channels.open('exec cat', new AbortController().signal);
    channel.stdout.resume();
    channel.stderr.resume();
    await jump.killSessions();
    expect((await refusal(channel.ended)).reason).toBe('connection-lost');
    await channels.close();
  });
});

describe('ssh_config', () => {
  it('is evaluated by OpenSSH: Include and Match take effect', async () => {
    const { file } = await write([{ alias: 'real', sshd: guest }]);
    const outer = join(directory, 'outer');
    const included = (await readFile(file, 'utf8')).replace(
      'Host real',
      'Match originalhost nick exec "true"',
    );
    await writeFile(join(directory, 'included'), included);
    await writeFile(outer, `Include ${join(directory, 'included')}\n`);
    const channels = connectTo('nick', { configFile: outer });
    expect(await run(channels, 'echo $WHO')).toMatchObject({ stdout: 'guest\n' });
    await channels.close();
  });

  it('that OpenSSH refuses is reported with its words', async () => {
    const broken = join(directory, 'broken');
    await writeFile(broken, 'Host x\n  NoSuchOption yes\n');
    const error = await refusal(run(connectTo('x', { configFile: broken }), 'true'));
    expect(error.reason).toBe('ssh-config');
    expect(error.data.detail).toContain('nosuchoption');
  });
});

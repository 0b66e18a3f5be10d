import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKey, type Sshd, startSshd } from '../../support/sshd.ts';
import { connectTo, recorder, refusal, run } from '../../support/sshdClient.ts';
import { type SshEntry, writeSshConfig } from '../../support/sshdConfig.ts';
import { canMakeUsers, makeUser, type TestUser } from '../../support/users.ts';

let directory: string;
let sshd: Sshd;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvmp-auth-'));
  sshd = await startSshd({ config: [`SetEnv HOME=${directory}`] });
});
afterAll(async () => {
  await sshd.stop();
  await rm(directory, { recursive: true });
});

/** Runs `true` as the entry says; the outcome of the login. */
async function login(entry: Partial<SshEntry>, secrets: readonly string[] = []) {
  const { file } = await writeSshConfig(directory, [{ alias: 'host', sshd, ...entry }]);
  const asked = recorder({ secrets });
  const channels = connectTo('host', { configFile: file, questions: asked.questions });
  const attempt = run(channels, 'echo in').finally(() => channels.close());
  return { asked: asked.asked, attempt };
}

const key = (name: string) => join(directory, name);

describe('keys in files', () => {
  it.each([['ed25519'], ['ecdsa'], ['rsa']] as const)('logs in with an %s key', async (type) => {
    await generateKey(key(type), type);
    await sshd.authorize(await readFile(key(`${type}.pub`), 'utf8'));
    const { attempt, asked } = await login({ identityFiles: [key(type)] });
    expect(await attempt).toMatchObject({ stdout: 'in\n', exitStatus: 0 });
    expect(asked).toEqual([]);
  });

  it('names the methods tried when the server does not want the key', async () => {
    await generateKey(key('stranger'));
    const { attempt } = await login({ identityFiles: [key('stranger')] });
    const error = await refusal(attempt);
    expect(error.reason).toBe('authentication');
    expect(error.data).toMatchObject({
      user: sshd.user,
      host: '127.0.0.1',
      tried: 'publickey',
      allowed: 'publickey',
    });
  });

  it('asks for the passphrase of the key that the server wants, and of no other', async () => {
    await generateKey(key('locked'), 'ed25519', { passphrase: 'open sesame' });
    await generateKey(key('locked-stranger'), 'ed25519', { passphrase: 'other' });
    await sshd.authorize(await readFile(key('locked.pub'), 'utf8'));
    const identityFiles = [key('locked-stranger'), key('locked')];
    const { attempt, asked } = await login({ identityFiles }, ['wrong', 'open sesame']);
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
    const question = { kind: 'passphrase', machine: 'host', keyFile: key('locked') };
    expect(asked).toEqual([question, { ...question, again: true }]);
  });

  it('reads the public part of a locked key that has no .pub file beside it', async () => {
    await generateKey(key('alone'), 'ed25519', { passphrase: 'p' });
    await sshd.authorize(await readFile(key('alone.pub'), 'utf8'));
    await rm(key('alone.pub'));
    const { attempt } = await login({ identityFiles: [key('alone')] }, ['p']);
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
  });

  it('passes on what the server says when it has enough of wrong keys', async () => {
    const strict = await startSshd({ config: ['MaxAuthTries 1'] });
    await generateKey(key('stranger-2'));
    const identityFiles = [key('stranger'), key('stranger-2')];
    const { attempt } = await login({ sshd: strict, identityFiles });
    const error = await refusal(attempt);
    await strict.stop();
    expect(error.reason).toBe('authentication');
    expect(error.data.detail).toContain('Too many authentication failures');
  });

  it('says so when the server wants a method that the client lacks', async () => {
    const strict = await startSshd({ config: ['PubkeyAuthentication no', 'HostbasedAuthentication yes'] });
    const { attempt } = await login({ sshd: strict });
    const error = await refusal(attempt);
    await strict.stop();
    expect(error.reason).toBe('not-supported');
    expect(error.data.what).toContain('hostbased');
  });

  it('never shows a passphrase in an error', async () => {
    const secrets = ['secret-1', 'secret-2', 'secret-3', 'secret-4'];
    const { attempt, asked } = await login({ identityFiles: [key('locked')] }, secrets);
    const error = await refusal(attempt);
    expect(error.reason).toBe('authentication');
    expect(asked).toHaveLength(3);
    expect(`${error.stack ?? ''}${JSON.stringify(error.data)}${String(error.cause)}`).not.toContain(
      'secret-',
    );
  });

  it('refuses a damaged key and one that others may read, and says which and why', async () => {
    await writeFile(key('damaged'), '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n', { mode: 0o600 });
    await copyFile(sshd.clientKey, key('open'));
    await chmod(key('open'), 0o644);
    const { attempt } = await login({ identityFiles: [key('damaged'), key('open')] });
    const error = await refusal(attempt);
    expect(error.reason).toBe('key-unusable');
    expect(error.data.files).toContain(`${key('damaged')} (damaged`);
    expect(error.data.files).toContain('chmod 600');
  });

  it('says that security keys are not supported', async () => {
    // The public half of a security key as ssh-keygen writes it (PROTOCOL.u2f): type, key, application.
    const part = (bytes: string | Buffer) => {
      const body = Buffer.from(bytes);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return Buffer.concat([length, body]);
    };
    const blob = Buffer.concat([part('sk-ssh-ed25519@openssh.com'), part(Buffer.alloc(32, 7)), part('ssh:')]);
    await writeFile(key('sk.pub'), `sk-ssh-ed25519@openssh.com ${blob.toString('base64')} me\n`);
    await writeFile(key('sk'), '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END', { mode: 0o600 });
    const { attempt } = await login({ identityFiles: [key('sk')] });
    const error = await refusal(attempt);
    expect(error.reason).toBe('not-supported');
    expect(error.data.what).toContain('sk-ssh-ed25519@openssh.com');
  });

  it('says that a certificate is not supported when the bare key does not do', async () => {
    await generateKey(key('authority'));
    await generateKey(key('signed'));
    await execa('ssh-keygen', ['-q', '-s', key('authority'), '-I', 'me', '-n', sshd.user, key('signed.pub')]);
    const { attempt } = await login({ identityFiles: [key('signed')] });
    const error = await refusal(attempt);
    expect(error.reason).toBe('not-supported');
    expect(error.data.what).toContain('signed-cert.pub');
  });
});

describe('keys in an agent', () => {
  let socket: string;
  let agentPid: number;
  beforeAll(async () => {
    const { stdout } = await execa('ssh-agent', ['-s']);
    socket = /SSH_AUTH_SOCK=([^;]+)/.exec(stdout)![1]!;
    agentPid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)![1]);
    await generateKey(key('agent-other'), 'rsa');
    await generateKey(key('agent-right'), 'rsa');
    await sshd.authorize(await readFile(key('agent-right.pub'), 'utf8'));
    const env = { SSH_AUTH_SOCK: socket };
    await execa('ssh-add', ['-q', key('agent-other')], { env });
    await execa('ssh-add', ['-q', key('agent-right')], { env });
    await rm(key('agent-right'));
  });
  afterAll(() => {
    process.kill(agentPid);
  });

  it('logs in with a key that only the agent holds', async () => {
    const lines = [`IdentityAgent ${socket}`, 'IdentitiesOnly no'];
    const { attempt } = await login({ identityFiles: [], lines });
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
  });

  it('offers only the named keys of the agent with IdentitiesOnly', async () => {
    const lines = [`IdentityAgent ${socket}`, 'IdentitiesOnly yes'];
    const named = await login({ identityFiles: [key('agent-right.pub')], lines });
    expect(await named.attempt).toMatchObject({ stdout: 'in\n' });
    const other = await login({ identityFiles: [key('agent-other')], lines });
    expect((await refusal(other.attempt)).reason).toBe('authentication');
  });

  it('goes on with key files when the agent is gone', async () => {
    const lines = [`IdentityAgent ${directory}/no-agent`, 'IdentitiesOnly no'];
    const { attempt } = await login({ lines });
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
  });
});

describe.skipIf(!canMakeUsers())('passwords', () => {
  let user: TestUser;
  let passwords: Sshd;
  let keyboard: Sshd;
  let both: Sshd;
  beforeAll(async () => {
    user = await makeUser({ label: 'auth' });
    passwords = await startSshd({ config: ['PasswordAuthentication yes'] });
    keyboard = await startSshd({ config: ['UsePAM yes', 'KbdInteractiveAuthentication yes'] });
    both = await startSshd({
      config: ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
    });
  });
  afterAll(async () => {
    await Promise.all([passwords.stop(), keyboard.stop(), both.stop()]);
    await user.remove();
  });

  it('asks for a password once and logs in', async () => {
    const { attempt, asked } = await login({ sshd: passwords, user: user.name, identityFiles: [] }, [
      user.password,
    ]);
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
    expect(asked).toEqual([{ kind: 'password', machine: 'host', user: user.name, host: '127.0.0.1' }]);
  });

  it('asks at most three times for a wrong password and never shows it', async () => {
    const wrong = ['wrong-1', 'wrong-2', 'wrong-3', user.password];
    const { attempt, asked } = await login({ sshd: passwords, user: user.name, identityFiles: [] }, wrong);
    const error = await refusal(attempt);
    expect(error.reason).toBe('authentication');
    expect(error.data.tried).toBe('password');
    expect(asked).toHaveLength(3);
    expect(`${error.stack ?? ''}${JSON.stringify(error.data)}${String(error.cause)}`).not.toContain('wrong-');
  });

  it('answers keyboard-interactive prompts', async () => {
    const { attempt, asked } = await login({ sshd: keyboard, user: user.name, identityFiles: [] }, [
      user.password,
    ]);
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
    expect(asked).toMatchObject([{ kind: 'password', user: user.name }]);
  });

  it('sends no wrong answer where nobody answers a prompt', async () => {
    const from = (await keyboard.log()).length;
    const { attempt } = await login({ sshd: keyboard, user: user.name, identityFiles: [] });
    const error = await refusal(attempt);
    expect(error.reason).toBe('authentication');
    expect(error.data.detail).toContain('not answered');
    await keyboard.waitForLog(/Disconnected from|Connection (closed|reset) by/, from);
    expect((await keyboard.log()).slice(from)).not.toMatch(/Failed |authentication failure/i);
  });

  it('passes two methods in a row where the server wants both', async () => {
    const { attempt, asked } = await login({ sshd: both, user: user.name }, [user.password]);
    expect(await attempt).toMatchObject({ stdout: 'in\n' });
    expect(asked).toMatchObject([{ kind: 'password' }]);
  });

  it('does not ask where the configuration forbids passwords or questions', async () => {
    for (const line of ['PasswordAuthentication no', 'BatchMode yes', 'PreferredAuthentications publickey']) {
      const entry = { sshd: passwords, user: user.name, identityFiles: [], lines: [line] };
      const { attempt, asked } = await login(entry, [user.password]);
      expect((await refusal(attempt)).reason).toBe('authentication');
      expect(asked).toEqual([]);
    }
  });
});

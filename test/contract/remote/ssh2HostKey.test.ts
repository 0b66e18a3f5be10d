import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Question } from '../../../src/remote/questions.ts';
import { generateKey, type Sshd, startSshd } from '../../support/sshd.ts';
import { connectTo, recorder, refusal, run } from '../../support/sshdClient.ts';
import { knownHostsText, type SshEntry, writeSshConfig } from '../../support/sshdConfig.ts';

let directory: string;
let sshd: Sshd;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvmp-hostkey-'));
  sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa'], config: [`SetEnv HOME=${directory}`] });
});
afterAll(async () => {
  await sshd.stop();
  await rm(directory, { recursive: true });
});

let files = 0;

/** Connects with this known_hosts text (undefined: no file) and tells how it went. */
async function visit(
  knownHosts: string | undefined,
  { accept = false, server = sshd, ...entry }: Partial<SshEntry> & { accept?: boolean; server?: Sshd } = {},
) {
  files += 1;
  const file = join(directory, `kh-${files}`, 'known_hosts');
  if (knownHosts !== undefined) {
    await execa('mkdir', ['-p', join(directory, `kh-${files}`)]);
    await writeFile(file, knownHosts);
  }
  const known = { alias: 'host', sshd: server, ...entry, knownHosts: { file } };
  const config = await writeSshConfig(directory, [known]);
  const asked = recorder({ accept });
  const noted: Question[] = [];
  const questions = { ...asked.questions, noteHostKey: (note: Question) => void noted.push(note) };
  const connect = () => {
    const channels = connectTo('host', { configFile: config.file, questions });
    return run(channels, 'echo in').finally(() => channels.close());
  };
  return { file, asked: asked.asked, noted, connect };
}

const fingerprintOf = async (publicKey: string) => {
  await writeFile(join(directory, 'one.pub'), `${publicKey}\n`);
  const { stdout } = await execa('ssh-keygen', ['-lf', join(directory, 'one.pub')]);
  return stdout.split(' ')[1]!;
};

describe('a key that is not known', () => {
  it('is asked about with its fingerprint, remembered when accepted, and asked about only once', async () => {
    const { file, asked, noted, connect } = await visit(undefined, { accept: true });
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
    const [ed25519] = await sshd.hostKeys();
    expect(asked).toEqual([
      {
        kind: 'host-key',
        machine: 'host',
        host: `[127.0.0.1]:${sshd.port}`,
        keyType: 'ssh-ed25519',
        fingerprint: await fingerprintOf(ed25519!),
        file,
      },
    ]);
    expect(noted).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe(`[127.0.0.1]:${sshd.port} ${ed25519!}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
  });

  it('is refused when the answer is no, before anyone is authenticated', async () => {
    const from = (await sshd.log()).length;
    const { file, connect } = await visit('');
    const error = await refusal(connect());
    expect(error.reason).toBe('host-key-unknown');
    expect(error.data).toMatchObject({ machine: 'host', keyType: 'ssh-ed25519', file });
    await sshd.waitForLog(/Connection (closed|reset) by|Received disconnect/, from);
    expect((await sshd.log()).slice(from)).not.toContain('userauth-request');
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('is written hashed with HashKnownHosts, after a last line that lacks its end, and OpenSSH finds it', async () => {
    const { file, connect } = await visit('# no line end', { accept: true, lines: ['HashKnownHosts yes'] });
    await connect();
    expect(await readFile(file, 'utf8')).toMatch(/^# no line end\n\|1\|[^|]+\|[^ ]+ ssh-ed25519 \S+\n$/);
    const { stdout } = await execa('ssh-keygen', ['-f', file, '-F', `[127.0.0.1]:${sshd.port}`]);
    expect(stdout).toContain('found');
  });

  it('is asked about once and written once by two connections at the same time', async () => {
    const { file, asked, connect } = await visit('', { accept: true });
    await Promise.all([connect(), connect()]);
    expect(asked).toHaveLength(1);
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('is noted as written nowhere where known_hosts cannot hold it', async () => {
    const { noted, connect } = await visit('', {
      lines: ['StrictHostKeyChecking accept-new', 'UserKnownHostsFile /dev/null'],
    });
    await connect();
    expect(noted).toMatchObject([{ file: 'none' }]);
  });

  it.each([
    ['yes', 'refused'],
    ['accept-new', 'accepted'],
    ['no', 'accepted'],
  ])('is, with StrictHostKeyChecking %s, %s without a question', async (value, outcome) => {
    const lines = [`StrictHostKeyChecking ${value}`];
    const { file, asked, noted, connect } = await visit('', { accept: true, lines });
    if (outcome === 'accepted') expect(await connect()).toMatchObject({ stdout: 'in\n' });
    else expect((await refusal(connect())).reason).toBe('host-key-unknown');
    expect(asked).toEqual([]);
    const [ed25519] = await sshd.hostKeys();
    const note = {
      kind: 'host-key',
      machine: 'host',
      host: `[127.0.0.1]:${sshd.port}`,
      keyType: 'ssh-ed25519',
      fingerprint: await fingerprintOf(ed25519!),
      file,
    };
    expect(noted).toEqual(outcome === 'accepted' ? [note] : []);
    // It is known from now on.
    if (outcome === 'accepted') await connect();
    expect(noted).toHaveLength(outcome === 'accepted' ? 1 : 0);
  });
});

describe('a key that is known', () => {
  it.each([
    ['plain', (key: string, host: string) => `${host} ${key}\n`],
    ['in a damaged file with CRLF', (key: string, host: string) => `garbage\r\n${host} ${key}\r\n`],
    ['by a pattern', (key: string) => `!10.*,[127.0.*]:* ${key}\n`],
    ['for the host without its port', (key: string) => `127.0.0.1 ${key}\n`],
  ])('is let pass: %s', async (_, lineOf) => {
    const [ed25519] = await sshd.hostKeys();
    const { asked, connect } = await visit(lineOf(ed25519!, `[127.0.0.1]:${sshd.port}`));
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
    expect(asked).toEqual([]);
  });

  it('is found in a file that ssh-keygen hashed', async () => {
    const hashed = join(directory, 'hashed');
    await writeFile(hashed, await knownHostsText(sshd));
    await execa('ssh-keygen', ['-q', '-H', '-f', hashed]);
    const { connect } = await visit(await readFile(hashed, 'utf8'));
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
  });

  it('is asked for by its type, so that another type of an honest server does not look changed', async () => {
    const [, ecdsa] = await sshd.hostKeys();
    const { asked, connect } = await visit(`[127.0.0.1]:${sshd.port} ${ecdsa!}\n`);
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
    expect(asked).toEqual([]);
  });

  it('is found under its HostKeyAlias', async () => {
    const [ed25519] = await sshd.hostKeys();
    const { connect } = await visit(`vm-1 ${ed25519!}\n`, { lines: ['HostKeyAlias vm-1'] });
    expect(await connect()).toMatchObject({ stdout: 'in\n' });
  });
});

describe('a key that must not be trusted', () => {
  it.each([['ask'], ['accept-new'], ['no']])(
    'is refused when changed, with StrictHostKeyChecking %s, before anyone is authenticated',
    async (strict) => {
      const server = await startSshd();
      try {
        const before = await knownHostsText(server);
        const [known] = await server.hostKeys();
        await server.rekeyHost();
        const [offered] = await server.hostKeys();
        const from = (await server.log()).length;
        const lines = [`StrictHostKeyChecking ${strict}`];
        const { file, asked, connect } = await visit(`# first line\n${before}`, {
          server,
          accept: true,
          lines,
        });
        const error = await refusal(connect());
        expect(error.reason).toBe('host-key-changed');
        expect(error.data).toMatchObject({
          file,
          line: 2,
          knownFingerprint: await fingerprintOf(known!),
          fingerprint: await fingerprintOf(offered!),
        });
        expect(asked).toEqual([]);
        await server.waitForLog(/Connection (closed|reset) by|Received disconnect/, from);
        expect((await server.log()).slice(from)).not.toContain('userauth-request');
      } finally {
        await server.stop();
      }
    },
  );

  it('counts as changed when only another type is known and the server lacks it, as OpenSSH says too', async () => {
    await generateKey(join(directory, 'rsa'), 'rsa');
    const rsa = (await readFile(join(directory, 'rsa.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
    const { file, connect } = await visit(`[127.0.0.1]:${sshd.port} ${rsa}\n`, { accept: true });
    const error = await refusal(connect());
    expect(error.reason).toBe('host-key-changed');
    expect(error.data).toMatchObject({ file, line: 1, knownType: 'ssh-rsa', keyType: 'ssh-ed25519' });
    const ssh = [
      '-o',
      `UserKnownHostsFile=${file}`,
      '-o',
      'GlobalKnownHostsFile=none',
      '-p',
      String(sshd.port),
    ];
    const openssh = await execa('ssh', ['-F', 'none', ...ssh, '-o', 'BatchMode=yes', '127.0.0.1', 'true'], {
      reject: false,
    });
    expect(openssh.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });

  it('is refused when revoked, though it is known too', async () => {
    const [ed25519] = await sshd.hostKeys();
    const known = `${await knownHostsText(sshd)}@revoked * ${ed25519!}\n`;
    const { file, connect } = await visit(known, { accept: true });
    const error = await refusal(connect());
    expect(error.reason).toBe('host-key-revoked');
    expect(error.data).toMatchObject({ file, line: 3 });
  });

  it('is not judged where only a certificate authority is known', async () => {
    const [ed25519] = await sshd.hostKeys();
    const { connect } = await visit(`@cert-authority * ${ed25519!}\n`, { accept: true });
    expect((await refusal(connect())).reason).toBe('not-supported');
  });

  it.skipIf(process.getuid?.() === 0)('is not judged by a file that cannot be read', async () => {
    const { file, connect } = await visit('', { accept: true });
    await chmod(file, 0);
    expect((await refusal(connect())).reason).toBe('known-hosts-unreadable');
  });

  it('is not judged by a directory in the place of the file', async () => {
    const { file, connect } = await visit(undefined, { accept: true });
    await execa('mkdir', ['-p', file]);
    const error = await refusal(connect());
    expect(error.reason).toBe('known-hosts-unreadable');
    expect(error.data).toMatchObject({ file });
  });
});

import { describe, expect, it } from 'vitest';
import { isSafeName, parseJump, parseSshConfig } from '../../../src/remote/sshConfigParse.ts';

const context = { alias: 'alias', home: '/home/me' };
const base = ['user me', 'hostname server.example', 'port 2222'];
const parse = (...lines: string[]) => parseSshConfig([...base, ...lines].join('\n'), context)!;

describe('the answer of ssh -G', () => {
  it('gives host, user, port and OpenSSH’s defaults for the rest', () => {
    expect(parse()).toMatchObject({
      alias: 'alias',
      hostName: 'server.example',
      port: 2222,
      user: 'me',
      identityAgent: 'SSH_AUTH_SOCK',
      identitiesOnly: false,
      strictHostKeyChecking: 'ask',
      preferredAuthentications: ['publickey', 'keyboard-interactive', 'password'],
      pubkeyAuthentication: true,
      numberOfPasswordPrompts: 3,
      serverAliveInterval: 0,
      serverAliveCountMax: 3,
      connectTimeout: undefined,
      proxyJump: [],
      proxyCommand: undefined,
    });
  });

  it('is not understood without a host, user or port', () => {
    expect(parseSshConfig('hostname a\nport 22', context)).toBeUndefined();
    expect(parseSshConfig('hostname a\nuser b\nport many', context)).toBeUndefined();
    expect(parseSshConfig('', context)).toBeUndefined();
  });

  it('keeps every identity file in order, with the home directory filled in', () => {
    expect(
      parse('identityfile ~/.ssh/a', 'identityfile "~/my key"', 'identityfile /k %h').identityFiles,
    ).toEqual(['/home/me/.ssh/a', '/home/me/my key', '/k %h']);
  });

  it('has no identity file for none', () => {
    expect(parse('identityfile none').identityFiles).toEqual([]);
  });

  it('splits lists of known_hosts files, also where a name holds a space', () => {
    const { userKnownHostsFiles } = parse('userknownhostsfile /tmp/a b ~/.ssh/known_hosts');
    expect(userKnownHostsFiles).toEqual(['/tmp/a b', '/home/me/.ssh/known_hosts']);
    expect(parse('userknownhostsfile none').userKnownHostsFiles).toEqual([]);
  });

  it.each([
    ['true', 'yes'],
    ['yes', 'yes'],
    ['false', 'no'],
    ['off', 'no'],
    ['accept-new', 'accept-new'],
    ['ask', 'ask'],
    ['something new', 'ask'],
  ])('reads StrictHostKeyChecking %s as %s', (value, meaning) => {
    expect(parse(`stricthostkeychecking ${value}`).strictHostKeyChecking).toBe(meaning);
  });

  it('reads jumps, a command with quotes, and the values of an OpenSSH on Windows', () => {
    const config = parse('proxyjump u@a:23,b', 'proxycommand nc -X "a b" %h %p', 'Identityagent none\r');
    expect(config.proxyJump).toEqual(['u@a:23', 'b']);
    expect(config.proxyCommand).toBe('nc -X "a b" %h %p');
    expect(config.identityAgent).toBe('none');
  });

  it('takes the first value where OpenSSH prints a key twice', () => {
    expect(parse('hashknownhosts yes', 'hashknownhosts no').hashKnownHosts).toBe(true);
  });
});

describe('one jump', () => {
  it.each([
    ['host', { host: 'host' }],
    ['me@host:2200', { host: 'host', user: 'me', port: 2200 }],
    ['[::1]:44', { host: '::1', port: 44 }],
    ['ssh://me@host:22', { host: 'host', user: 'me', port: 22 }],
    ['me@domain@host', { host: 'host', user: 'me@domain' }],
  ])('is understood: %s', (text, jump) => {
    expect(parseJump(text)).toEqual(jump);
  });

  it('is not guessed at', () => {
    expect(parseJump('')).toBeUndefined();
    expect(parseJump('host:port')).toBeUndefined();
  });
});

describe('a name that may reach a shell', () => {
  it.each(['server', '10.0.0.1', 'fe80::1%eth0', 'domain@user', 'ünïcode'])('may be %s', (name) => {
    expect(isSafeName(name)).toBe(true);
  });

  it.each([
    '',
    '-oProxyCommand=x',
    'a b',
    'a;b',
    '$(a)',
    'a`b',
    "a'b",
    'a"b',
    'a\nb',
    'a|b',
    'a\\b',
    'a&b',
    'a\0',
  ])('may not be %j', (name) => {
    expect(isSafeName(name)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  keyTypeOf,
  knownHostsLine,
  knownHostsName,
  knownTypes,
} from '../../../src/remote/knownHosts.ts';

/** A blob as RFC 4253 6.6 says: the type as a string, then the key. */
function keyOf(type: string, fill: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, fill)]);
}

const ED = keyOf('ssh-ed25519', 1);
const OTHER_ED = keyOf('ssh-ed25519', 2);
const RSA = keyOf('ssh-rsa', 3);
const text = (blob: Buffer) => `${keyTypeOf(blob)} ${blob.toString('base64')}`;

const judge = (host: string, known: string, offered = ED) =>
  judgeHostKey(offered, entriesFor(host, [{ file: '/kh', text: known }]));

describe('names in known_hosts', () => {
  it('hold the port unless it is 22, in lower case, and an alias stands alone', () => {
    expect(knownHostsName({ hostName: 'Host', port: 22 })).toBe('host');
    expect(knownHostsName({ hostName: 'host', port: 2222 })).toBe('[host]:2222');
    expect(knownHostsName({ hostName: '::1', port: 2222 })).toBe('[::1]:2222');
    expect(knownHostsName({ hostName: 'host', port: 2222, hostKeyAlias: 'Vm1' })).toBe('vm1');
  });
});

describe('a line of known_hosts', () => {
  it.each([
    ['plain', `host ${text(ED)}`],
    ['with a comment behind the key', `host ${text(ED)} me@there`],
    ['in a list of names', `10.0.0.1,host,other ${text(ED)}`],
    ['in other case', `HOST ${text(ED)}`],
    ['with a star', `h* ${text(ED)}`],
    ['with question marks', `h??t ${text(ED)}`],
    ['with tabs and a line end of Windows', `host\t${text(ED)}\r`],
    ['indented', `  host ${text(ED)}`],
    ['hashed by us', knownHostsLine('host', ED, true).trim()],
  ])('names the host: %s', (_, line) => {
    expect(judge('host', `# comment\n\n${line}\n`)).toEqual({ kind: 'known' });
  });

  it.each([
    ['another name', `hosts ${text(ED)}`],
    ['a pattern with a dot, which stands for itself', `ho.t ${text(ED)}`],
    ['a name that is refused in the same list', `h*,!host ${text(ED)}`],
    ['a comment', `#host ${text(ED)}`],
    ['another port', `[host]:2222 ${text(ED)}`],
    ['an unknown marker', `@new host ${text(ED)}`],
    ['a key that is no base64', 'host ssh-ed25519 !!!!'],
    ['a key cut short', 'host ssh-ed25519 AAAA'],
    ['a type that the key does not have', `host ssh-rsa ${ED.toString('base64')}`],
    ['SSH-1', 'host 1024 35 1234567890'],
    ['a damaged hash', `|1|x ${text(ED)}`],
    ['a hash of a future version', `|2|AAAA|AAAA ${text(ED)}`],
  ])('does not name the host: %s', (_, line) => {
    expect(judge('host', line)).toEqual({ kind: 'unknown' });
  });

  it('with brackets is no pattern of characters', () => {
    expect(judge('[host]:2222', `[host]:2222 ${text(ED)}`)).toEqual({ kind: 'known' });
    expect(judge('h:2222', `[host]:2222 ${text(ED)}`)).toEqual({ kind: 'unknown' });
  });

  it('hashed by OpenSSH is understood, with its fingerprint as OpenSSH prints it', () => {
    // Made by `ssh-keygen -H` and `ssh-keygen -l` of OpenSSH 9.2 for the name "example.org".
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIKKZIr3D/5BKtzq7Pj2jAeBeoD6UYKEBFdFEGzfOmhQF';
    const line = `|1|aYOLZ1QiHF1Bk1N44Wen8b1yx3o=|gw8BN/0OF44SJn3DquIrCrxZxDs= ssh-ed25519 ${key}`;
    const blob = Buffer.from(key, 'base64');
    expect(judge('example.org', line, blob)).toEqual({ kind: 'known' });
    expect(judge('example.com', line, blob)).toEqual({ kind: 'unknown' });
    expect(fingerprint(blob)).toBe('SHA256:Nxq5phgzSy8XaF85VQzzLd3ZNZfInDVaaWEXIukIK7c');
  });

  it('never breaks the reader, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (line) => {
        expect(['unknown', 'known', 'changed', 'revoked', 'certificate']).toContain(judge('host', line).kind);
        expect(judge('host', `${line.replaceAll('host', '')}\nhost ${text(ED)}`).kind).not.toBe('unknown');
      }),
    );
  });
});

describe('a verdict', () => {
  it('of a changed key names the line of its type, and all fingerprints known', () => {
    const known = `other ${text(ED)}\nhost ${text(RSA)}\nhost ${text(OTHER_ED)}\n`;
    expect(judge('host', known)).toEqual({
      kind: 'changed',
      file: '/kh',
      line: 3,
      knownType: 'ssh-ed25519',
      knownFingerprints: [fingerprint(RSA), fingerprint(OTHER_ED)],
    });
  });

  it('calls a key changed where only another type is known', () => {
    expect(judge('host', `host ${text(RSA)}`)).toMatchObject({
      kind: 'changed',
      line: 1,
      knownType: 'ssh-rsa',
    });
  });

  it('calls a key known where one of several lines holds it', () => {
    expect(judge('host', `host ${text(OTHER_ED)}\nhost ${text(ED)}`)).toEqual({ kind: 'known' });
  });

  it('puts a revocation above everything', () => {
    const known = `host ${text(ED)}\n@revoked * ${text(ED)}`;
    expect(judge('host', known)).toEqual({ kind: 'revoked', file: '/kh', line: 2 });
    expect(judge('host', `host ${text(ED)}\n@revoked * ${text(OTHER_ED)}`)).toEqual({ kind: 'known' });
  });

  it('leaves a host alone for which only a certificate authority is known', () => {
    const authority = `@cert-authority *.lab ${text(RSA)}`;
    expect(judge('vm.lab', authority)).toEqual({ kind: 'certificate', file: '/kh', line: 1 });
    expect(judge('vm.lab', `${authority}\nvm.lab ${text(ED)}`)).toEqual({ kind: 'known' });
    expect(judge('vm.other', authority)).toEqual({ kind: 'unknown' });
  });

  it('knows which types to ask for', () => {
    const known = `host ${text(RSA)}\nhost ${text(ED)}\n@revoked host ${text(OTHER_ED)}\nx ${text(OTHER_ED)}`;
    expect(knownTypes(entriesFor('host', [{ file: '/kh', text: known }]))).toEqual([
      'ssh-rsa',
      'ssh-ed25519',
    ]);
  });
});

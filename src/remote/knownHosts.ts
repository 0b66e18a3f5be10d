/**
 * known_hosts: who is who. Format and matching as sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT" and OpenSSH's hostfile.c say.
 * Pure: text in, verdict out. Reading and writing files is `knownHostsStore.ts`.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';

export type KnownHostsFile = { readonly file: string; readonly text: string };

export type KnownHost = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly keyType: string;
  /** The key's blob in base64, without padding differences. */
  readonly key: string;
};

export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  /** Only a certificate authority is known for that host. */
  | { readonly kind: 'certificate'; readonly file: string; readonly line: number }
  | {
      readonly kind: 'changed';
      /** The line that would have to go: one of the same type where there is one. */
      readonly file: string;
      readonly line: number;
      readonly knownType: string;
      readonly knownFingerprints: readonly string[];
    }
  | { readonly kind: 'revoked'; readonly file: string; readonly line: number };

/** How a host is named in known_hosts: `name`, or `[name]:port` where the port is not 22. HostKeyAlias stands alone. */
export function knownHostsName(host: {
  readonly hostName: string;
  readonly port: number;
  readonly hostKeyAlias?: string | undefined;
}): string {
  if (host.hostKeyAlias !== undefined) return host.hostKeyAlias.toLowerCase();
  const name = host.hostName.toLowerCase();
  return host.port === 22 ? name : `[${name}]:${host.port}`;
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Type of a key blob: its first string (RFC 4253, 6.6). Empty where the blob is damaged. */
export function keyTypeOf(blob: Uint8Array): string {
  const bytes = Buffer.from(blob);
  if (bytes.length < 4) return '';
  const length = bytes.readUInt32BE(0);
  return length > 64 || bytes.length < 4 + length ? '' : bytes.toString('latin1', 4, 4 + length);
}

/** All lines that speak of `host`. Damaged lines and comments are skipped, as OpenSSH does. */
export function entriesFor(host: string, files: readonly KnownHostsFile[]): readonly KnownHost[] {
  return files.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => {
      const entry = parseLine(line);
      if (entry === undefined || !matchesHost(host, entry.hosts)) return [];
      const { marker, keyType, key } = entry;
      return [{ file, line: index + 1, marker, keyType, key }];
    }),
  );
}

/**
 * Judges an offered key as OpenSSH does (hostfile.c, check_hostkeys_by_key_or_type): an equal key is known; any
 * other plain key of that host, of whatever type, makes it changed, because the client asks first for the types
 * that it knows (`knownTypes`), so that an honest server never shows another one.
 */
export function judgeHostKey(offered: Uint8Array, entries: readonly KnownHost[]): HostKeyVerdict {
  const key = base64(offered);
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key === key);
  if (revoked !== undefined) return { kind: 'revoked', file: revoked.file, line: revoked.line };
  const plain = entries.filter(({ marker }) => marker === 'none');
  if (plain.some((entry) => entry.key === key)) return { kind: 'known' };
  const offending = plain.find(({ keyType }) => keyType === keyTypeOf(offered)) ?? plain[0];
  if (offending !== undefined)
    return {
      kind: 'changed',
      file: offending.file,
      line: offending.line,
      knownType: offending.keyType,
      knownFingerprints: [...new Set(plain.map((entry) => fingerprint(Buffer.from(entry.key, 'base64'))))],
    };
  const authority = entries.find(({ marker }) => marker === 'cert-authority');
  if (authority !== undefined) return { kind: 'certificate', file: authority.file, line: authority.line };
  return { kind: 'unknown' };
}

/** Types of the plain keys known for a host, to be asked for first. */
export function knownTypes(entries: readonly KnownHost[]): readonly string[] {
  return [...new Set(entries.filter(({ marker }) => marker === 'none').map(({ keyType }) => keyType))];
}

/** A line to append, hashed as HashKnownHosts wants where asked for. */
export function knownHostsLine(host: string, blob: Uint8Array, hashed: boolean): string {
  return `${hashed ? hashHost(host, randomBytes(20)) : host} ${keyTypeOf(blob)} ${base64(blob)}\n`;
}

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');

type Line = Pick<KnownHost, 'marker' | 'keyType' | 'key'> & { readonly hosts: string };

function parseLine(line: string): Line | undefined {
  const words = line.trim().split(/[ \t]+/);
  const first = words[0] ?? '';
  if (first === '' || first.startsWith('#')) return undefined;
  const marked = first.startsWith('@');
  if (marked && first !== '@revoked' && first !== '@cert-authority') return undefined;
  const [hosts = '', keyType = '', text = ''] = marked ? words.slice(1) : words;
  const blob = Buffer.from(text, 'base64');
  // A key whose own type differs from the line's is a damaged line (or SSH-1); never a match.
  if (keyType === '' || keyTypeOf(blob) !== keyType) return undefined;
  const marker = !marked ? 'none' : first === '@revoked' ? 'revoked' : 'cert-authority';
  return { hosts, marker, keyType, key: base64(blob) };
}

function matchesHost(host: string, hosts: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(host, hosts);
  let found = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!globOf(negated ? pattern.slice(1) : pattern).test(host.toLowerCase())) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** Patterns know `*` and `?` only (ssh_config(5), PATTERNS); brackets stand for themselves. */
function globOf(pattern: string): RegExp {
  const collapsed = pattern.replace(/\*+/g, '*');
  const source = collapsed
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

/** `|1|salt|HMAC-SHA1(salt, host)|`, both in base64. */
function matchesHash(host: string, hosts: string): boolean {
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return hashHost(host.toLowerCase(), Buffer.from(salt, 'base64')) === `|1|${salt}|${hash}`;
}

function hashHost(host: string, salt: Uint8Array): string {
  const hash = createHmac('sha1', salt).update(host).digest('base64');
  return `|1|${base64(salt)}|${hash}`;
}

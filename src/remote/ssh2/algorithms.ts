import { getCiphers } from 'node:crypto';
import type { Algorithms } from 'ssh2';
import type { SshConfig } from '../sshConfigParse.ts';

/** Fastest first (AES-GCM has hardware help everywhere); chacha20 last, because Electron's BoringSSL lacks it. */
const CIPHERS = [
  { name: 'aes128-gcm@openssh.com', openssl: 'aes-128-gcm' },
  { name: 'aes256-gcm@openssh.com', openssl: 'aes-256-gcm' },
  { name: 'aes128-ctr', openssl: 'aes-128-ctr' },
  { name: 'aes192-ctr', openssl: 'aes-192-ctr' },
  { name: 'aes256-ctr', openssl: 'aes-256-ctr' },
  { name: 'chacha20-poly1305@openssh.com', openssl: 'chacha20' },
] as const;

const KEX = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
] as const;

const MACS = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
  'hmac-sha1',
] as const;

const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;

export type AlgorithmKind = 'cipher' | 'kex' | 'mac' | 'host-key';

/** What the built-in client and the user's configuration have in common; a kind without any is named. */
export type AlgorithmChoice =
  | { readonly kind: 'usable'; readonly algorithms: Algorithms }
  | { readonly kind: 'nothing-in-common'; readonly what: AlgorithmKind };

/**
 * Algorithms to offer: ours, less what the user's configuration forbids and this runtime lacks.
 * Types of already known host keys come first: else the server would show another key, and an honest machine
 * would look changed.
 */
export function chooseAlgorithms(
  config: Pick<SshConfig, 'ciphers' | 'kexAlgorithms' | 'macs' | 'hostKeyAlgorithms'>,
  knownKeyTypes: readonly string[],
  runtimeCiphers: readonly string[] = getCiphers(),
): AlgorithmChoice {
  const cipher = CIPHERS.filter(({ openssl }) => runtimeCiphers.includes(openssl)).map(({ name }) => name);
  const lists = {
    cipher: allowed(cipher, config.ciphers),
    kex: allowed(KEX, config.kexAlgorithms),
    mac: allowed(MACS, config.macs),
    'host-key': knownFirst(allowed(HOST_KEYS, config.hostKeyAlgorithms), knownKeyTypes),
  };
  const empty = Object.entries(lists).find(([, list]) => list.length === 0);
  if (empty !== undefined) return { kind: 'nothing-in-common', what: empty[0] as AlgorithmKind };
  return {
    kind: 'usable',
    algorithms: {
      cipher: lists.cipher,
      kex: lists.kex,
      hmac: lists.mac,
      serverHostKey: lists['host-key'],
      compress: ['none'],
    },
  };
}

/** An older `ssh -G` may not print a list: then nothing is forbidden. */
function allowed<T extends string>(ours: readonly T[], configured: readonly string[]): T[] {
  return ours.filter((name) => configured.length === 0 || configured.includes(name));
}

function knownFirst<T extends string>(algorithms: readonly T[], knownKeyTypes: readonly string[]): T[] {
  const isKnown = (name: string) => knownKeyTypes.includes(name.startsWith('rsa-sha2-') ? 'ssh-rsa' : name);
  return [...algorithms.filter(isKnown), ...algorithms.filter((name) => !isKnown(name))];
}

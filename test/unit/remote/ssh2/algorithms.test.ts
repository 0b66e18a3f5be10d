import { describe, expect, it } from 'vitest';
import { chooseAlgorithms } from '../../../../src/remote/ssh2/algorithms.ts';

const anything = { ciphers: [], kexAlgorithms: [], macs: [], hostKeyAlgorithms: [] };
const runtime = ['aes-128-gcm', 'aes-256-gcm', 'aes-128-ctr', 'aes-192-ctr', 'aes-256-ctr', 'chacha20'];

function algorithms(...parameters: Parameters<typeof chooseAlgorithms>) {
  const choice = chooseAlgorithms(...parameters);
  if (choice.kind !== 'usable') throw new Error(choice.what);
  return choice.algorithms;
}

describe('the algorithms that are offered', () => {
  it('begin with the fastest cipher, and never compress', () => {
    const { cipher, compress } = algorithms(anything, [], runtime);
    expect((cipher as string[])[0]).toBe('aes128-gcm@openssh.com');
    expect((cipher as string[]).at(-1)).toBe('chacha20-poly1305@openssh.com');
    expect(compress).toEqual(['none']);
  });

  it('hold no cipher that the runtime lacks, as Electron lacks chacha20', () => {
    const electron = runtime.filter((name) => name !== 'chacha20');
    expect(algorithms(anything, [], electron).cipher).not.toContain('chacha20-poly1305@openssh.com');
  });

  it('hold nothing that the configuration forbids', () => {
    const strict = { ...anything, ciphers: ['aes256-ctr', 'x'], macs: ['hmac-sha2-512'] };
    const chosen = algorithms(strict, [], runtime);
    expect(chosen.cipher).toEqual(['aes256-ctr']);
    expect(chosen.hmac).toEqual(['hmac-sha2-512']);
  });

  it('ask first for the types of host key that are known', () => {
    const { serverHostKey } = algorithms(anything, ['ssh-rsa', 'ecdsa-sha2-nistp384'], runtime);
    expect((serverHostKey as string[]).slice(0, 4)).toEqual([
      'ecdsa-sha2-nistp384',
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
    ]);
  });

  it('are named as missing where the configuration allows none of ours', () => {
    const quantum = { ...anything, kexAlgorithms: ['mlkem768x25519-sha256'] };
    expect(chooseAlgorithms(quantum, [], runtime)).toEqual({ kind: 'nothing-in-common', what: 'kex' });
  });
});

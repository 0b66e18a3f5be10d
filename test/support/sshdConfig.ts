/**
 * ssh_config and known_hosts files for tests.
 *
 *     const { file } = await writeSshConfig(directory, [
 *       { alias: 'host', sshd },                              // key, known_hosts with the server's keys
 *       { alias: 'guest', sshd: other, lines: ['ProxyJump host'], knownHosts: 'empty' },
 *     ]);
 *     … `ssh -F file guest true`, or SshSettings { configFile: file } …
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sshd } from './sshd.ts';

export type SshEntry = {
  readonly alias: string;
  readonly sshd: Pick<Sshd, 'port' | 'user' | 'clientKey' | 'hostKeys'>;
  readonly user?: string;
  /** Private keys instead of the server's client key; [] = none. */
  readonly identityFiles?: readonly string[];
  /** What this alias's own known_hosts file holds: the server's keys (default), nothing, or no file at all. Or a file of yours. */
  readonly knownHosts?: 'filled' | 'empty' | 'absent' | { readonly file: string };
  /** More lines of the Host block; they come first, so they win. */
  readonly lines?: readonly string[];
};

export type SshConfigFile = {
  readonly file: string;
  /** known_hosts by alias. */
  readonly knownHosts: Readonly<Record<string, string>>;
};

let written = 0;

export async function writeSshConfig(
  directory: string,
  entries: readonly SshEntry[],
  options: { readonly before?: readonly string[] } = {},
): Promise<SshConfigFile> {
  written += 1;
  const prefix = join(directory, `client-${written}`);
  const knownHosts: Record<string, string> = {};
  const blocks: string[] = [];
  for (const entry of entries) {
    const known = await knownHostsOf(entry, `${prefix}-known_hosts-${entry.alias}`);
    knownHosts[entry.alias] = known;
    blocks.push(block(entry, known));
  }
  const file = `${prefix}-ssh_config`;
  await writeFile(file, [...(options.before ?? []), ...blocks, ''].join('\n'), { mode: 0o600 });
  return { file, knownHosts };
}

function block(entry: SshEntry, knownHosts: string): string {
  const identityFiles = entry.identityFiles ?? [entry.sshd.clientKey];
  const lines = [
    ...(entry.lines ?? []),
    'HostName 127.0.0.1',
    `Port ${entry.sshd.port}`,
    `User ${entry.user ?? entry.sshd.user}`,
    ...(identityFiles.length === 0
      ? ['IdentityFile none']
      : identityFiles.map((key) => `IdentityFile "${key}"`)),
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile "${knownHosts}"`,
    'GlobalKnownHostsFile none',
  ];
  return [`Host ${entry.alias}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

async function knownHostsOf(entry: SshEntry, file: string): Promise<string> {
  const wanted = entry.knownHosts ?? 'filled';
  if (typeof wanted === 'object') return wanted.file;
  if (wanted === 'empty') await writeFile(file, '', { mode: 0o600 });
  if (wanted === 'filled') await writeFile(file, await knownHostsText(entry.sshd), { mode: 0o600 });
  return file;
}

/** Lines of known_hosts for a test server. */
export async function knownHostsText(sshd: Pick<Sshd, 'port' | 'hostKeys'>): Promise<string> {
  const keys = await sshd.hostKeys();
  return keys.map((key) => `[127.0.0.1]:${sshd.port} ${key}\n`).join('');
}

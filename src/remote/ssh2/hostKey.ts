import { TransportError } from '../error.ts';
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  type KnownHost,
  keyTypeOf,
  knownHostsName,
  knownTypes,
} from '../knownHosts.ts';
import { inTurn, isRegularOrAbsent, readKnownHosts, rememberHostKey } from '../knownHostsStore.ts';
import type { Questions } from '../questions.ts';
import type { SshConfig } from '../sshConfigParse.ts';

export type HostKeyRequest = {
  readonly machine: string;
  readonly config: SshConfig;
  readonly questions: Questions;
  readonly signal: AbortSignal;
};

/** Keys that a person accepted while this process runs, for hosts whose known_hosts cannot be written (or is `none`). */
export type AcceptedKeys = { blob?: Uint8Array };

/** Types of the keys that known_hosts holds for a host: to be offered first. */
export async function knownKeyTypes(config: SshConfig, machine: string): Promise<readonly string[]> {
  return knownTypes((await load(config, machine)).flatMap(({ entries }) => entries));
}

/**
 * Decides on a host key as OpenSSH does (ssh_config(5), StrictHostKeyChecking), with one difference: a changed key
 * is refused even where the setting is `no`. Returns where the key may be trusted, throws where not.
 *
 * @throws TransportError `host-key-unknown`, `host-key-changed`, `host-key-revoked`, `known-hosts-unreadable`,
 * `not-supported` (only a certificate authority is known, or RevokedHostKeys is set), `cancelled`
 */
export async function verifyHostKey(
  blob: Uint8Array,
  request: HostKeyRequest,
  accepted: AcceptedKeys,
): Promise<void> {
  const { machine, config, signal } = request;
  if (config.revokedHostKeys !== undefined)
    throw TransportError.of('not-supported', { machine, what: `RevokedHostKeys ${config.revokedHostKeys}` });
  const host = knownHostsName(config);
  // One question per host at a time: a second connection then finds the key that the first one learned.
  await inTurn(`host ${host}`, async () => {
    if (signal.aborted) throw TransportError.of('cancelled', { machine });
    if (await isKnown(blob, request)) return;
    if (accepted.blob !== undefined && Buffer.from(blob).equals(accepted.blob)) return;
    await accept(blob, host, request);
    accepted.blob = Buffer.from(blob);
  });
}

type Named = { readonly host: string; readonly entries: readonly KnownHost[] };

/** Lines for `[host]:port`, and for the host without its port, which OpenSSH accepts too (sshconnect.c, check_host_key). */
async function load(config: SshConfig, machine: string): Promise<readonly Named[]> {
  const files = await readKnownHosts(
    [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles],
    machine,
  );
  const names = [knownHostsName(config), knownHostsName({ ...config, port: 22 })];
  return [...new Set(names)].map((host) => ({ host, entries: entriesFor(host, files) }));
}

async function isKnown(blob: Uint8Array, { machine, config }: HostKeyRequest): Promise<boolean> {
  const [exact, withoutPort] = await load(config, machine);
  const verdict = judgeHostKey(blob, exact?.entries ?? []);
  const offered = {
    machine,
    host: exact?.host ?? '',
    keyType: keyTypeOf(blob),
    fingerprint: fingerprint(blob),
  };
  const plain = judgeHostKey(blob, withoutPort?.entries ?? []);
  const revoked = [verdict, plain].find(({ kind }) => kind === 'revoked');
  if (revoked?.kind === 'revoked')
    throw TransportError.of('host-key-revoked', { ...offered, file: revoked.file, line: revoked.line });
  switch (verdict.kind) {
    case 'known':
      return true;
    case 'changed':
      throw TransportError.of('host-key-changed', {
        ...offered,
        file: verdict.file,
        line: verdict.line,
        knownType: verdict.knownType,
        knownFingerprint: verdict.knownFingerprints.join(', '),
      });
    case 'certificate':
      throw TransportError.of('not-supported', {
        machine,
        what: `the host certificate that ${verdict.file} line ${verdict.line} asks for`,
      });
    case 'unknown':
    case 'revoked':
      return plain.kind === 'known';
  }
}

async function accept(blob: Uint8Array, host: string, request: HostKeyRequest): Promise<void> {
  const { machine, config, questions, signal } = request;
  const file = config.userKnownHostsFiles[0];
  const offered = { machine, host, keyType: keyTypeOf(blob), fingerprint: fingerprint(blob) };
  const refuse = (because: string) =>
    TransportError.of('host-key-unknown', { ...offered, because, file: file ?? 'none' });
  if (config.strictHostKeyChecking === 'yes') throw refuse('StrictHostKeyChecking is yes');
  if (config.strictHostKeyChecking === 'ask') {
    if (config.batchMode) throw refuse('BatchMode is yes');
    const question = { kind: 'host-key', ...offered, file: file ?? 'none' } as const;
    const yes = await questions.acceptHostKey(question, signal);
    if (signal.aborted) throw TransportError.of('cancelled', { machine });
    if (!yes) throw refuse('it was not accepted');
  }
  const written = await remember(blob, host, config);
  if (config.strictHostKeyChecking !== 'ask')
    questions.noteHostKey?.({ kind: 'host-key', ...offered, file: written ?? 'none' });
}

/** The file that now holds the key. As OpenSSH: one that cannot be written does not undo the answer; it is asked again next time. */
async function remember(blob: Uint8Array, host: string, config: SshConfig): Promise<string | undefined> {
  const file = config.userKnownHostsFiles[0];
  if (file === undefined || !(await isRegularOrAbsent(file))) return undefined;
  try {
    await rememberHostKey({ file, host, blob, hashed: config.hashKnownHosts });
    return file;
  } catch {
    return undefined;
  }
}

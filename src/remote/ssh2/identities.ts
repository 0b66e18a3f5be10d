import { readFile, stat } from 'node:fs/promises';
import ssh2, { type BaseAgent, type ParsedKey, type SigningRequestOptions } from 'ssh2';
import { keyTypeOf } from '../knownHosts.ts';
import { expandTokens } from '../sshConfig.ts';
import type { SshConfig } from '../sshConfigParse.ts';

const { createAgent, utils } = ssh2;

/** A key that may open the door. Whoever holds the private part (agent or file) signs. */
export type Identity = {
  readonly publicKey: ParsedKey;
  readonly sign: (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>;
};

export type Identities = {
  /** In OpenSSH's order: agent keys that the configuration names, other agent keys, keys of files. */
  readonly usable: readonly Identity[];
  /** Keys that the built-in client cannot use: security keys, certificates, odd types. For the error's text. */
  readonly unsupported: readonly string[];
  /** Files that are there and cannot be used: damaged, unreadable, open to others. For the error's text. */
  readonly unusable: readonly string[];
};

/** Asks for the passphrase of a key file; undefined = nobody answers. */
export type AskPassphrase = (
  keyFile: string,
  again: { readonly again?: true },
) => Promise<string | undefined>;

/** Collects the keys for a destination. A passphrase is asked for only when the server wants that very key. */
export async function collectIdentities(config: SshConfig, ask: AskPassphrase): Promise<Identities> {
  const files = await Promise.all(config.identityFiles.map((file) => readIdentity(file, config)));
  const found = files.filter((file) => file !== undefined);
  const certificates = await existing(
    [...config.certificateFiles, ...config.identityFiles.map((file) => `${file}-cert.pub`)],
    config,
  );
  const named = found.flatMap(({ publicKey }) => publicKey ?? []);
  const isNamed = (key: ParsedKey) => named.some((name) => name.getPublicSSH().equals(key.getPublicSSH()));
  const agentKeys = await readAgent(config);
  const fromAgent = [
    ...agentKeys.filter(({ publicKey }) => isNamed(publicKey)),
    ...(config.identitiesOnly ? [] : agentKeys.filter(({ publicKey }) => !isNamed(publicKey))),
  ];
  const inAgent = (key: ParsedKey) =>
    agentKeys.some(({ publicKey }) => publicKey.getPublicSSH().equals(key.getPublicSSH()));
  const fromFiles = found.flatMap((file) =>
    file.publicKey === undefined || file.privateText === undefined || inAgent(file.publicKey)
      ? []
      : [fileIdentity({ ...file, publicKey: file.publicKey, privateText: file.privateText }, config, ask)],
  );
  return {
    usable: [...fromAgent, ...fromFiles],
    unsupported: [
      ...found.flatMap(({ unsupported }) => unsupported ?? []),
      ...certificates.map((file) => `the certificate ${file}`),
    ],
    unusable: found.flatMap(({ unusable }) => unusable ?? []),
  };
}

type KeyFile = {
  readonly file: string;
  readonly publicKey?: ParsedKey;
  readonly privateText?: string;
  readonly unsupported?: string;
  readonly unusable?: string;
};

/** undefined: there is no such key, which is how most default names end. */
async function readIdentity(name: string, config: SshConfig): Promise<KeyFile | undefined> {
  const file = expandTokens(name, config, process.env);
  if (file === undefined) return undefined;
  const beside = await readFile(`${file}.pub`, 'utf8').catch(() => undefined);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Only the public part is here: it names a key of the agent.
    if (code === 'ENOENT') return beside === undefined ? undefined : { file, ...publicPart(file, beside) };
    return { file, unusable: `${file} (cannot be read: ${code ?? 'unknown'})` };
  }
  if (!text.includes('PRIVATE KEY')) return { file, ...publicPart(file, text) };
  if (await isOpenToOthers(file))
    return { file, unusable: `${file} (its permissions let others read it; chmod 600)` };
  const part = publicPart(file, beside ?? publicOf(text));
  return { file, privateText: text, ...part };
}

/** Parses a public key; a type that ssh2 does not know is told apart from damage. */
function publicPart(file: string, text: string | Buffer | undefined): Omit<KeyFile, 'file' | 'privateText'> {
  if (text === undefined)
    return { unusable: `${file} (damaged, or encrypted without ${file}.pub beside it)` };
  const key = parse(text);
  if (!(key instanceof Error)) return { publicKey: key };
  const type = typeof text === 'string' ? (text.trim().split(/\s+/)[0] ?? '') : keyTypeOf(text);
  return /^(sk-|ssh-|ecdsa-)/.test(type)
    ? { unsupported: `${file} (${type})` }
    : { unusable: `${file} (not a key that is understood)` };
}

/** The public part inside a private key file, where that needs no passphrase. */
function publicOf(text: string): Buffer | undefined {
  const key = parse(text);
  return key instanceof Error ? opensshPublic(text) : key.getPublicSSH();
}

/**
 * The OpenSSH format keeps the public key outside the encrypted part (PROTOCOL.key): magic, cipher, kdf and its
 * options as strings, the number of keys, then the first public key as a string.
 */
function opensshPublic(text: string): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text)?.[1];
  const bytes = Buffer.from(body ?? '', 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const next = () => {
    if (at + 4 > bytes.length) return Buffer.alloc(0);
    const end = at + 4 + bytes.readUInt32BE(at);
    const value = bytes.subarray(at + 4, end);
    at = end;
    return value;
  };
  for (let skipped = 0; skipped < 3; skipped += 1) next();
  at += 4;
  const key = next();
  return key.length === 0 ? undefined : key;
}

function parse(text: string | Buffer, passphrase?: string): ParsedKey | Error {
  // The types leave out the list of keys that some formats give.
  const parsed = utils.parseKey(text, passphrase) as ParsedKey | readonly ParsedKey[] | Error;
  if (!Array.isArray(parsed)) return parsed as ParsedKey | Error;
  return (parsed as readonly ParsedKey[])[0] ?? new Error('no key');
}

/** OpenSSH ignores a private key of ours that others may read (authfile.c, sshkey_perm_ok). */
async function isOpenToOthers(file: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const { uid, mode } = await stat(file);
  return uid === process.getuid?.() && (mode & 0o077) !== 0;
}

type PrivateFile = { readonly file: string; readonly publicKey: ParsedKey; readonly privateText: string };

function fileIdentity(key: PrivateFile, config: SshConfig, ask: AskPassphrase): Identity {
  let opened: Promise<ParsedKey> | undefined;
  return {
    publicKey: key.publicKey,
    sign: async (data, { hash }) => {
      opened ??= openPrivate(key, config, ask);
      const signature: Buffer | Error = (await opened).sign(data, hash);
      if (signature instanceof Error) throw signature;
      return signature;
    },
  };
}

async function openPrivate(key: PrivateFile, config: SshConfig, ask: AskPassphrase): Promise<ParsedKey> {
  const plain = parse(key.privateText);
  if (!(plain instanceof Error)) return plain;
  for (let asked = 0; asked < config.numberOfPasswordPrompts; asked += 1) {
    const passphrase = config.batchMode ? undefined : await ask(key.file, asked > 0 ? { again: true } : {});
    if (passphrase === undefined) throw new Error(`no passphrase for ${key.file}`);
    const decrypted = parse(key.privateText, passphrase);
    if (!(decrypted instanceof Error)) return decrypted;
  }
  throw new Error(`wrong passphrase for ${key.file}`);
}

/** OpenSSH for Windows has a well-known pipe and sets no variable. */
const DEFAULT_AGENT = process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;

/** Socket of the agent: IdentityAgent may be a path, `SSH_AUTH_SOCK`, `$NAME` of a variable, or `none`. */
function agentSocket(config: SshConfig): string | undefined {
  const { identityAgent } = config;
  if (identityAgent.toLowerCase() === 'none') return undefined;
  if (identityAgent === 'SSH_AUTH_SOCK') return process.env.SSH_AUTH_SOCK ?? DEFAULT_AGENT;
  return identityAgent.startsWith('$') ? process.env[identityAgent.slice(1)] : identityAgent;
}

/** An agent that is gone (stale SSH_AUTH_SOCK) has no keys; the files may still do. */
async function readAgent(config: SshConfig): Promise<readonly Identity[]> {
  const socket = agentSocket(config);
  if (socket === undefined || socket === '') return [];
  const agent: BaseAgent = createAgent(socket);
  const keys = await new Promise<readonly unknown[]>((resolve) => {
    agent.getIdentities((error, found) => {
      resolve(error || !Array.isArray(found) ? [] : found);
    });
  });
  return keys.flatMap((found) => {
    const publicKey = parse(found as Buffer);
    if (publicKey instanceof Error) return [];
    return [{ publicKey, sign: (data, options) => signWithAgent(agent, publicKey, { data, options }) }];
  });
}

function signWithAgent(
  agent: BaseAgent,
  key: ParsedKey,
  { data, options }: { readonly data: Buffer; readonly options: SigningRequestOptions },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    agent.sign(key, data, options, (error, signature) => {
      if (signature === undefined) reject(error ?? new Error('the agent did not sign'));
      else resolve(signature);
    });
  });
}

async function existing(names: readonly string[], config: SshConfig): Promise<readonly string[]> {
  const files = names.flatMap((name) => expandTokens(name, config, process.env) ?? []);
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => file,
        () => undefined,
      ),
    ),
  );
  return [...new Set(found.filter((file) => file !== undefined))];
}

/** What OpenSSH's configuration says of one destination: the answer of `ssh -G` (ssh_config(5)), as far as it is needed. */
export type SshConfig = {
  /** As the user named it: `%n`. */
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  /** Path of the agent's socket, `SSH_AUTH_SOCK` or `$NAME` (a variable that holds the path), or `none`. */
  readonly identityAgent: string;
  readonly identitiesOnly: boolean;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly revokedHostKeys: string | undefined;
  readonly strictHostKeyChecking: 'yes' | 'accept-new' | 'ask' | 'no';
  readonly hostKeyAlias: string | undefined;
  readonly hashKnownHosts: boolean;
  /** Machines to jump through, first one first: `[user@]host[:port]`. */
  readonly proxyJump: readonly string[];
  readonly proxyCommand: string | undefined;
  readonly proxyUseFdpass: boolean;
  readonly preferredAuthentications: readonly string[];
  readonly pubkeyAuthentication: boolean;
  readonly passwordAuthentication: boolean;
  readonly kbdInteractiveAuthentication: boolean;
  readonly numberOfPasswordPrompts: number;
  readonly batchMode: boolean;
  /** Seconds; 0 = not set. */
  readonly serverAliveInterval: number;
  readonly serverAliveCountMax: number;
  /** Seconds; undefined = not set. */
  readonly connectTimeout: number | undefined;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  readonly bindAddress: string | undefined;
  readonly ciphers: readonly string[];
  readonly kexAlgorithms: readonly string[];
  readonly macs: readonly string[];
  readonly hostKeyAlgorithms: readonly string[];
};

/** OpenSSH's order without the methods that the built-in client lacks (gssapi-with-mic, hostbased). */
const DEFAULT_PREFERENCE = ['publickey', 'keyboard-interactive', 'password'];

export type ParseContext = { readonly alias: string; readonly home: string };

/**
 * Reads the output of `ssh -G`: one `key value…` per line, keys in lower case, some keys repeated.
 * undefined where a key that is always there is missing or damaged.
 */
export function parseSshConfig(text: string, context: ParseContext): SshConfig | undefined {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const match = /^(\S+) (.*)$/.exec(line);
    if (match === null) continue;
    const key = (match[1] ?? '').toLowerCase();
    values.set(key, [...(values.get(key) ?? []), (match[2] ?? '').trim()]);
  }
  const one = (key: string) => values.get(key)?.[0];
  const set = (key: string) => absent(one(key));
  const yes = (key: string) => isYes(one(key));
  const list = (key: string) => (set(key) ?? '').split(',').filter((part) => part !== '');
  const paths = (key: string) =>
    (values.get(key) ?? [])
      .flatMap((value) => absent(value) ?? [])
      .map((path) => expandHome(path, context.home));
  const files = (key: string) => splitFiles(set(key) ?? '').map((path) => expandHome(path, context.home));

  const hostName = one('hostname');
  const user = one('user');
  const port = Number(one('port'));
  if (hostName === undefined || user === undefined || !Number.isInteger(port)) return undefined;
  const preferred = list('preferredauthentications');
  return {
    alias: context.alias,
    hostName,
    user,
    port,
    identityFiles: paths('identityfile'),
    certificateFiles: paths('certificatefile'),
    identityAgent: expandHome(one('identityagent') ?? 'SSH_AUTH_SOCK', context.home),
    identitiesOnly: yes('identitiesonly'),
    userKnownHostsFiles: files('userknownhostsfile'),
    globalKnownHostsFiles: files('globalknownhostsfile'),
    revokedHostKeys: set('revokedhostkeys'),
    strictHostKeyChecking: strictness(one('stricthostkeychecking')),
    hostKeyAlias: set('hostkeyalias'),
    hashKnownHosts: yes('hashknownhosts'),
    proxyJump: list('proxyjump'),
    proxyCommand: set('proxycommand'),
    proxyUseFdpass: yes('proxyusefdpass'),
    preferredAuthentications: preferred.length > 0 ? preferred : DEFAULT_PREFERENCE,
    pubkeyAuthentication: one('pubkeyauthentication') !== 'no' && one('pubkeyauthentication') !== 'false',
    passwordAuthentication: yes('passwordauthentication'),
    kbdInteractiveAuthentication: yes('kbdinteractiveauthentication'),
    numberOfPasswordPrompts: whole(one('numberofpasswordprompts')) ?? 3,
    batchMode: yes('batchmode'),
    serverAliveInterval: whole(one('serveraliveinterval')) ?? 0,
    serverAliveCountMax: whole(one('serveralivecountmax')) ?? 3,
    connectTimeout: whole(one('connecttimeout')),
    addressFamily: family(one('addressfamily')),
    bindAddress: set('bindaddress'),
    ciphers: list('ciphers'),
    kexAlgorithms: list('kexalgorithms'),
    macs: list('macs'),
    hostKeyAlgorithms: list('hostkeyalgorithms'),
  };
}

/**
 * A host or user that OpenSSH would refuse too (ssh.c, valid_hostname and valid_ruser): these names reach a
 * ProxyCommand, which a shell reads.
 */
export function isSafeName(name: string): boolean {
  return name !== '' && !name.startsWith('-') && !/[\p{Cc}\s'`"$\\;&<>|(){}]/u.test(name);
}

/** Parts of one jump: `[user@]host[:port]`, `[user@][address]:port`. undefined where it is not understood. */
export function parseJump(
  text: string,
): { readonly host: string; readonly user?: string; readonly port?: number } | undefined {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?\/?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  if (match === null || host === undefined) return undefined;
  const port = match[4] === undefined ? undefined : Number(match[4]);
  return {
    host,
    ...(match[1] === undefined ? {} : { user: match[1] }),
    ...(port === undefined ? {} : { port }),
  };
}

/** `none` and an empty value mean: not set. */
function absent(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value.toLowerCase() === 'none' ? undefined : value;
}

const isYes = (value: string | undefined) => value === 'yes' || value === 'true';

function whole(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

function strictness(value: string | undefined): SshConfig['strictHostKeyChecking'] {
  if (value === 'yes' || value === 'true') return 'yes';
  if (value === 'no' || value === 'false' || value === 'off') return 'no';
  return value === 'accept-new' ? 'accept-new' : 'ask';
}

function family(value: string | undefined): SshConfig['addressFamily'] {
  return value === 'inet' || value === 'inet6' ? value : 'any';
}

/**
 * A list of files in one line. `ssh -G` prints names without quotes, so a name with spaces looks like several;
 * a word that does not begin like a path belongs to the one before.
 */
function splitFiles(text: string): readonly string[] {
  const files: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = files.at(-1);
    if (last === undefined || /^([/~]|[A-Za-z]:[\\/])/.test(word)) files.push(word);
    else files[files.length - 1] = `${last} ${word}`;
  }
  return files.map(unquote);
}

const unquote = (text: string) => text.replace(/^"(.*)"$/, '$1');

function expandHome(path: string, home: string): string {
  const plain = unquote(path);
  return plain === '~' || /^~[/\\]/.test(plain) ? `${home}${plain.slice(1)}` : plain;
}

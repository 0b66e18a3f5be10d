import { homedir, hostname, userInfo } from 'node:os';
import { execa, ExecaError } from 'execa';
import { environmentForChildren } from './environment.ts';
import { TransportError } from './error.ts';
import { isSafeName, parseSshConfig, type SshConfig } from './sshConfigParse.ts';
import type { SshSettings } from './target.ts';

export type SshDestination = { readonly host: string; readonly user?: string; readonly port?: number };

export type ResolveOptions = {
  /** Named in errors. */
  readonly machine: string;
  readonly settings: SshSettings;
  readonly signal: AbortSignal;
};

/** `Match exec` of the user's configuration may take its time, but not forever. */
const RESOLVE_TIMEOUT_MS = 30_000;

/**
 * Asks OpenSSH itself what its configuration says of a destination: `ssh -G` (ssh(1)). Include, Match, tokens and
 * canonical names are its business; nothing here evaluates ssh_config.
 *
 * @throws TransportError `ssh-config`, `cancelled`
 */
export async function resolveSshConfig(
  destination: SshDestination,
  { machine, settings, signal }: ResolveOptions,
): Promise<SshConfig> {
  const { host, user, port } = destination;
  const fail = (detail: string, cause?: unknown) =>
    TransportError.of('ssh-config', { machine, host, detail }, cause);
  if (host === '' || host.startsWith('-')) throw fail('a host name cannot be empty or begin with "-"');
  const parameters = [
    '-G',
    ...(settings.configFile === undefined ? [] : ['-F', settings.configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    host,
  ];
  const output = await execa('ssh', parameters, {
    cancelSignal: signal,
    timeout: RESOLVE_TIMEOUT_MS,
    env: environmentForChildren(),
    extendEnv: false,
    stdin: 'ignore',
  }).catch((error: unknown) => {
    if (signal.aborted) throw TransportError.of('cancelled', { machine }, error);
    throw fail(error instanceof ExecaError ? detailOf(error as ExecaError) : String(error), error);
  });
  const config = parseSshConfig(output.stdout, { alias: host, home: homedir() });
  if (config === undefined) throw fail('the answer of "ssh -G" has no hostname, user or port');
  const unsafe = [config.hostName, config.user].find((name) => !isSafeName(name));
  if (unsafe !== undefined)
    throw fail(`${JSON.stringify(unsafe)} holds characters that no host or user name has`);
  return config;
}

function detailOf(error: ExecaError): string {
  if (error.code === 'ENOENT') return 'the program "ssh" (OpenSSH client) was not found';
  if (error.timedOut) return '"ssh -G" did not finish within 30 s';
  const text = typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return text === '' ? error.shortMessage : text.slice(0, 500);
}

/**
 * Expands what `ssh -G` leaves in IdentityFile, CertificateFile and ProxyCommand: the tokens of ssh_config(5) and,
 * where an environment is given, `${VARIABLE}` (in a ProxyCommand that is the shell's business). undefined where a
 * token is not known: guessing a file or command would be worse.
 */
export function expandTokens(
  text: string,
  config: SshConfig,
  environment?: NodeJS.ProcessEnv,
): string | undefined {
  const me = userInfo();
  const tokens: Readonly<Record<string, string | number>> = {
    '%': '%',
    d: homedir(),
    h: config.hostName,
    i: me.uid,
    k: config.hostKeyAlias ?? config.alias,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: config.alias,
    p: config.port,
    r: config.user,
    u: me.username,
  };
  const unknown: string[] = [];
  const expanded = text.replace(
    /%(.?)|\$\{(\w+)\}/g,
    (whole, token: string | undefined, variable?: string) => {
      if (variable !== undefined && environment === undefined) return whole;
      const value = variable === undefined ? tokens[token ?? ''] : environment?.[variable];
      if (value === undefined) unknown.push(whole);
      return String(value);
    },
  );
  return unknown.length === 0 ? expanded : undefined;
}

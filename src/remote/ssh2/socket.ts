import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { environmentForChildren } from '../environment.ts';
import { TransportError } from '../error.ts';
import { expandTokens } from '../sshConfig.ts';
import type { SshConfig } from '../sshConfigParse.ts';
import { printable } from './printable.ts';

/** The byte stream under an SSH connection, however it is reached. */
export type Carrier = {
  readonly kind: 'tcp' | 'command' | 'jump';
  readonly stream: Duplex;
  /** What the way itself said when it ended, e.g. the proxy command's standard error. */
  explain(): string;
};

export type CarrierOptions = {
  readonly machine: string;
  readonly config: SshConfig;
  /** Milliseconds for name, route and handshake of TCP. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it did not answer',
  ENOTFOUND: 'its name was not found',
  EAI_AGAIN: 'its name could not be looked up',
  EADDRNOTAVAIL: 'the local address (BindAddress) does not exist',
};

/**
 * A TCP connection. Nagle's algorithm is off: with delayed acknowledgements it costs 40 ms per small request.
 *
 * @throws TransportError `unreachable`, `cancelled`
 */
export async function openTcp({ machine, config, timeoutMs, signal }: CarrierOptions): Promise<Carrier> {
  const { hostName: host, port } = config;
  const family = { any: 0, inet: 4, inet6: 6 }[config.addressFamily];
  const unreachable = (detail: string, cause?: unknown) =>
    TransportError.of('unreachable', { machine, host, port, detail }, cause);
  const stream = await new Promise<Socket>((resolve, reject) => {
    const socket = connect({
      host,
      port,
      family,
      noDelay: true,
      ...(config.bindAddress === undefined ? {} : { localAddress: config.bindAddress }),
    });
    const stop = (error: TransportError) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => {
      stop(TransportError.of('cancelled', { machine }));
    };
    const timer = setTimeout(() => {
      stop(unreachable(`no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    const onError = (error: NodeJS.ErrnoException) => {
      stop(unreachable(UNREACHABLE[error.code ?? ''] ?? error.code ?? error.message, error));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      // Whoever uses the stream hears of errors by `close`; until then nobody listens.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    if (signal.aborted) onAbort();
  });
  return { kind: 'tcp', stream, explain: () => '' };
}

/**
 * The user's own ProxyCommand, run as OpenSSH does (sshconnect.c, ssh_proxy_connect): `exec command` in the user's
 * shell. Its tokens are names that `isSafeName` let through.
 *
 * @throws TransportError `not-supported` (ProxyUseFdpass), `ssh-config` (unknown token)
 */
export function openProxyCommand(template: string, { machine, config }: CarrierOptions): Carrier {
  if (config.proxyUseFdpass) throw TransportError.of('not-supported', { machine, what: 'ProxyUseFdpass' });
  const command = expandTokens(template, config);
  if (command === undefined) {
    const detail = `ProxyCommand holds a token that is not known: ${template}`;
    throw TransportError.of('ssh-config', { machine, host: config.alias, detail });
  }
  const env = environmentForChildren();
  const child =
    process.platform === 'win32'
      ? spawn(command, { shell: true, stdio: 'pipe', windowsHide: true, env })
      : spawn(process.env.SHELL ?? '/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-400);
  });
  const stream = duplexOf(child);
  child.once('error', (error) => {
    said = error.message;
  });
  // No one else listens once the connection is given up.
  stream.on('error', () => undefined);
  return { kind: 'command', stream, explain: () => printable(said) };
}

/** Standard input and output of a process as one stream, which is closed when the process is, and the other way round. */
function duplexOf(child: ChildProcessWithoutNullStreams): Duplex {
  const stream = new Duplex({
    read: () => {
      child.stdout.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      child.stdin.write(chunk, done);
    },
    final: (done) => {
      child.stdin.end(done);
    },
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  // A write to a process that has ended: `close` says it better.
  child.stdin.on('error', () => undefined);
  child.once('error', (error) => {
    stream.destroy(error);
  });
  child.once('close', () => {
    stream.push(null);
    stream.destroy();
  });
  return stream;
}

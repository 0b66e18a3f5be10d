import { CodedError, type ErrorData } from '../core/error.ts';

/** Why a machine could not be reached or used. Texts: `src/core/messages.ts`. */
export type TransportReason =
  | 'ssh-config' // `ssh -G` failed or is missing
  | 'unreachable' // no TCP connection: refused, timed out, no route, name not found
  | 'jump-failed' // a machine on the way could not be reached or would not forward
  | 'host-key-unknown' // asked and not accepted
  | 'host-key-changed' // data: both fingerprints, file, line
  | 'host-key-revoked'
  | 'known-hosts-unreadable'
  | 'authentication' // every method failed; data names the methods tried
  | 'key-unusable' // a key file exists but cannot be used
  | 'not-supported' // certificates, security keys …: the built-in client cannot
  | 'connection-lost'
  | 'keepalive' // the machine stopped answering
  | 'channel-refused' // no session left on the server
  | 'login-hangs' // logged in, but the login shell does not come to running a command
  | 'not-linux'
  | 'root-needed' // a script needs root and the inventory says become: none
  | 'sudo-missing'
  | 'sudo-refused' // the user may not
  | 'sudo-password' // wrong or none given
  | 'sudo-requires-tty'
  | 'sudo-failed' // for another reason, which data.text tells in sudo's words
  | 'state-directory' // cannot be made or is not ours
  | 'disk-full' // data.where: 'target' | 'controller'
  | 'checksum'
  | 'file-missing'
  | 'script-failed' // one of our own helper scripts ended with an error
  | 'output-too-long'
  | 'answer-not-understood'
  | 'forbidden-on-local'
  | 'cancelled';

/** `data.machine` always names the machine. */
export class TransportError extends CodedError<TransportReason> {
  static is(error: unknown, ...reasons: readonly TransportReason[]): error is TransportError {
    return error instanceof TransportError && (reasons.length === 0 || reasons.includes(error.reason));
  }

  static of(
    reason: TransportReason,
    data: ErrorData & { readonly machine: string },
    cause?: unknown,
  ): TransportError {
    return new TransportError(reason, data, { cause });
  }
}

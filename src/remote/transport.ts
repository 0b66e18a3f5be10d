import type { ParameterValues, Script } from '../core/script/script.ts';

/** Who runs a script on the machine: the user who logged in, or root (through `become` where that is another). */
export type RunAs = 'login' | 'root';

export type ScriptCall = {
  readonly script: Script;
  readonly parameters: ParameterValues;
  readonly as: RunAs;
};

export type ExecOptions = {
  /** Aborting ends the channel; the remote process is not guaranteed to die (jobs are cancelled by `cancelJob`). */
  readonly signal: AbortSignal;
  /** Takes output as it comes; a returned promise holds the sender back. Without it output is collected, up to 4 MiB. */
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /** What the script reads on standard input, byte for byte; without it standard input is /dev/null. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

export type ExecResult = {
  /** Exit status; null where the process ended by a signal that the server reported by name. */
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** Collected standard output, empty where `onStdout` took it. Decoded as UTF-8. */
  readonly stdout: string;
  /** The last 64 KiB of standard error. */
  readonly stderr: string;
};

/** What a machine says of itself when it is first reached, once per connection and identity. */
export type Identity = {
  readonly user: string;
  readonly uid: number;
  /** Where our files lie on that machine (0700): the inventory's `directory`, else /var/lib/kvm-parity as root, else the XDG state directory. */
  readonly stateDirectory: string;
  /** /proc/sys/kernel/random/boot_id: changes with every boot. */
  readonly bootId: string;
};

export type UploadRequest = {
  /** File on the controller. */
  readonly from: string;
  /** Lower-case hex; the file at the target is verified against it. */
  readonly sha256: string;
  readonly size: number;
  /** Base name at the target; the file lies in `<stateDirectory>/files/<sha256>/<name>`. */
  readonly name: string;
  readonly as: RunAs;
};

export type UploadResult = {
  /** Absolute path at the target. */
  readonly path: string;
  /** Bytes that crossed the connection: 0 where the file was there already. */
  readonly sentBytes: number;
  readonly resumedAt: number;
};

export type TransferOptions = {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly bytes: number; readonly total: number }) => void;
};

export type DownloadRequest = {
  /** Absolute path on the target. */
  readonly from: string;
  /** Path on the controller; written beside and renamed when whole and verified. */
  readonly to: string;
  readonly as: RunAs;
};

/**
 * Reaching one machine. Adapters: `ssh2`, `local` (and the system's OpenSSH later); all pass one contract suite.
 * Connecting happens on first use, once however many callers wait; a lost connection is made anew on the next call.
 *
 * Every method throws TransportError.
 */
export type Transport = {
  readonly machine: string;
  /** Runs a script to its end, exactly as `payload` renders it, whatever the login shell is. */
  exec(call: ScriptCall, options: ExecOptions): Promise<ExecResult>;
  identity(as: RunAs, signal: AbortSignal): Promise<Identity>;
  /** Skipped where the file is there with the right sha256, resumed where a part of it is, verified, then renamed into place. */
  upload(request: UploadRequest, options: TransferOptions): Promise<UploadResult>;
  download(
    request: DownloadRequest,
    options: TransferOptions,
  ): Promise<{ readonly bytes: number; readonly sha256: string }>;
  close(): Promise<void>;
};

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { TransportError } from '../error.ts';
import type { ExecResult, TransferOptions, UploadRequest, UploadResult } from '../transport.ts';
import { ask, type Exec, notUnderstood, saysDiskFull, TEXT_LIMIT } from './run.ts';
import { uploadLookScript, uploadTakeScript } from './scripts.ts';

/** Bytes per read and write: with Node's 64 KiB an SSH upload is a third slower. */
const BLOCK = 1024 * 1024;
/** How often a part that changed under our hands, or arrived damaged, is looked at again. */
const ATTEMPTS = 3;

export type TransferContext = {
  readonly machine: string;
  readonly exec: Exec;
  readonly stateDirectory: string;
};

/** `Transport.upload`: looks, continues what is there, verifies on the machine. */
export async function upload(
  context: TransferContext,
  request: UploadRequest,
  options: TransferOptions,
): Promise<UploadResult> {
  const { machine } = context;
  if (!/^[0-9a-f]{64}$/.test(request.sha256) || !/^(?!\.{1,2}$)[^/\0]+$/.test(request.name)) {
    throw new RangeError(`not a lower-case SHA-256 and a base name: ${request.sha256} ${request.name}`);
  }
  const file = await locally(machine, request.from, () => open(request.from, 'r'));
  try {
    const { size } = await file.stat();
    if (size !== request.size) throw checksum(context, request, { where: 'controller', size });
    const path = `${context.stateDirectory}/files/${request.sha256}/${request.name}`;
    let sentBytes = 0;
    for (let attempt = 1; ; attempt += 1) {
      const part = await look(context, request, options.signal);
      if (part === 'present') {
        options.onProgress?.({ bytes: size, total: size });
        return { path, sentBytes, resumedAt: size };
      }
      const sending = new Sending(file, { machine, ...request }, options);
      const resumedAt = part && (await sending.startsWith(part, options.signal)) ? part.bytes : 0;
      if (resumedAt === 0) sending.restart();
      const answer = await take(context, request, { sending, offset: resumedAt, signal: options.signal });
      sentBytes += sending.sentBytes;
      if (answer === 'taken') return { path, sentBytes, resumedAt };
      if (attempt === ATTEMPTS) throw checksum(context, request, { where: 'target', answer });
    }
  } finally {
    await file.close();
  }
}

type Part = { readonly bytes: number; readonly sha256: string };

async function look(
  context: TransferContext,
  request: UploadRequest,
  signal: AbortSignal,
): Promise<'present' | Part | undefined> {
  const { machine, exec } = context;
  const output = await ask(
    exec,
    { script: uploadLookScript, parameters: parameters(context, request), as: request.as },
    { machine, signal },
  );
  const [, answer, bytes, sha256] = /^(present|none|part (\d+) ([0-9a-f]{64}))\n$/.exec(output) ?? [];
  if (answer === undefined) throw notUnderstood(machine, output);
  if (answer === 'present') return answer;
  return bytes !== undefined && sha256 !== undefined ? { bytes: Number(bytes), sha256 } : undefined;
}

/** Sends what `sending` holds. again: the part was changed by somebody else, or arrived damaged. */
async function take(
  context: TransferContext,
  request: UploadRequest,
  { sending, offset, signal }: { sending: Sending; offset: number; signal: AbortSignal },
): Promise<'taken' | 'again'> {
  const { machine, exec } = context;
  const result = await exec(
    {
      script: uploadTakeScript,
      parameters: { ...parameters(context, request), OFFSET: offset },
      as: request.as,
    },
    { signal, stdin: sending.blocks(offset) },
  );
  const [, answer, bytes, free] =
    /^(taken|moved|short (\d+) (\d+)|wrong [0-9a-f]{64})\n$/.exec(result.stdout) ?? [];
  if (result.exitStatus !== 0 || answer === undefined) {
    throw failure(machine, result);
  }
  if (answer === 'taken') return 'taken';
  if (answer === 'moved') return 'again';
  if (bytes !== undefined && saysDiskFull(result.stderr)) {
    throw TransportError.of('disk-full', {
      machine,
      where: 'target',
      freeBytes: Number(free),
      neededBytes: request.size - Number(bytes),
      directory: context.stateDirectory,
    });
  }
  if (sending.isComplete && sending.sha256 !== request.sha256) {
    throw checksum(context, request, { where: 'controller', found: sending.sha256 });
  }
  if (bytes !== undefined && !sending.isComplete) throw checksum(context, request, { where: 'controller' });
  if (bytes !== undefined) throw failure(machine, result);
  return 'again';
}

function failure(machine: string, { exitStatus, signal, stdout, stderr }: ExecResult): TransportError {
  if (saysDiskFull(stderr)) return TransportError.of('disk-full', { machine, where: 'target' });
  const text = `${stdout}${stderr}`.slice(-TEXT_LIMIT);
  return TransportError.of('script-failed', {
    machine,
    script: uploadTakeScript.name,
    exitStatus,
    signal,
    text,
  });
}

function parameters(
  { stateDirectory }: TransferContext,
  { sha256, size, name }: UploadRequest,
): Record<string, string | number> {
  return { DIRECTORY: stateDirectory, SHA256: sha256, SIZE: size, NAME: name };
}

/** Reading the local file once, front to back, with the hash of all that was read. */
class Sending {
  readonly #machine: string;
  readonly #file: FileHandle;
  readonly #request: UploadRequest;
  readonly #options: TransferOptions;
  #hash: Hash = createHash('sha256');
  #isComplete = false;
  sentBytes = 0;

  constructor(
    file: FileHandle,
    { machine, ...request }: UploadRequest & { readonly machine: string },
    options: TransferOptions,
  ) {
    this.#machine = machine;
    this.#file = file;
    this.#request = request;
    this.#options = options;
  }

  /** Whether the whole file was read; `sha256` is its hash then. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  restart(): void {
    this.#hash = createHash('sha256');
  }

  /** Whether the machine's part is how the file begins. */
  async startsWith(part: Part, signal: AbortSignal): Promise<boolean> {
    for await (const block of this.#read(0, part.bytes)) {
      if (signal.aborted) return false;
      this.#hash.update(block);
    }
    return this.sha256 === part.sha256;
  }

  async *blocks(offset: number): AsyncGenerator<Uint8Array> {
    const total = this.#request.size;
    let position = offset;
    this.#options.onProgress?.({ bytes: position, total });
    for await (const block of this.#read(offset, total)) {
      this.#hash.update(block);
      yield block;
      position += block.length;
      this.sentBytes += block.length;
      this.#options.onProgress?.({ bytes: position, total });
    }
    this.#isComplete = position === total;
  }

  async *#read(from: number, to: number): AsyncGenerator<Buffer> {
    let position = from;
    while (position < to) {
      // A new buffer each time: the channel may still hold the last one.
      const buffer = Buffer.allocUnsafe(Math.min(BLOCK, to - position));
      const at = position;
      const { bytesRead } = await locally(this.#machine, this.#request.from, () =>
        this.#file.read(buffer, 0, buffer.length, at),
      );
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

/** Opens or reads the local file. */
async function locally<T>(machine: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw TransportError.of(
      'file-missing',
      { machine, where: 'controller', path, code: codeOf(error) },
      error,
    );
  }
}

/** `ENOENT`, `EACCES` …; empty where it is no error of the operating system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function checksum(
  { machine }: TransferContext,
  { from, sha256, size }: UploadRequest,
  found: Readonly<Record<string, string | number>>,
): TransportError {
  return TransportError.of('checksum', {
    machine,
    path: from,
    expected: sha256,
    expectedSize: size,
    ...found,
  });
}

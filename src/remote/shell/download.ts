import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { TransportError } from '../error.ts';
import type { DownloadRequest, TransferOptions } from '../transport.ts';
import { ask, notUnderstood } from './run.ts';
import { downloadLookScript, downloadScript } from './scripts.ts';
import { codeOf, type TransferContext } from './upload.ts';

/** `Transport.download`: writes beside the destination, verifies against the machine's hash, renames. */
export async function download(
  context: Omit<TransferContext, 'stateDirectory'>,
  request: DownloadRequest,
  options: TransferOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { machine, exec } = context;
  const { from, to, as } = request;
  const { signal } = options;
  const total = await look(context, request, signal);
  const part = `${to}.part`;
  const file = await locally(machine, part, () => open(part, 'w', 0o600));
  const hash = createHash('sha256');
  let bytes = 0;
  let isWhole = false;
  try {
    const sha = await ask(
      async (call, execOptions) => {
        const { stderr, ...result } = await exec(call, execOptions);
        // The hash comes on standard error, where there is no error.
        return { ...result, stdout: stderr, stderr };
      },
      { script: downloadScript, parameters: { FROM: from }, as },
      {
        machine,
        signal,
        onStdout: async (chunk) => {
          await locally(machine, part, () => writeAll(file, chunk));
          hash.update(chunk);
          bytes += chunk.length;
          options.onProgress?.({ bytes, total: Math.max(total, bytes) });
        },
      },
    );
    const [, expected] = /^([0-9a-f]{64}) {2}-\n$/.exec(sha) ?? [];
    if (expected === undefined) throw notUnderstood(machine, sha);
    const sha256 = hash.digest('hex');
    if (sha256 !== expected) {
      throw TransportError.of('checksum', {
        machine,
        where: 'controller',
        path: from,
        expected,
        found: sha256,
      });
    }
    await locally(machine, part, () => file.sync());
    await file.close();
    await locally(machine, to, () => rename(part, to));
    isWhole = true;
    return { bytes, sha256 };
  } finally {
    await file.close().catch(() => undefined);
    if (!isWhole) await rm(part, { force: true });
  }
}

/** Size in bytes. */
async function look(
  { machine, exec }: Omit<TransferContext, 'stateDirectory'>,
  { from, as }: DownloadRequest,
  signal: AbortSignal,
): Promise<number> {
  const output = await ask(
    exec,
    { script: downloadLookScript, parameters: { FROM: from }, as },
    { machine, signal },
  );
  const [, why, size] = /^(missing|not-a-file|unreadable|size (\d+))\n$/.exec(output) ?? [];
  if (why === undefined) throw notUnderstood(machine, output);
  if (size === undefined)
    throw TransportError.of('file-missing', { machine, where: 'target', path: from, why });
  return Number(size);
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await file.write(chunk, done);
    done += bytesWritten;
  }
}

/** Errors of the controller's file system as TransportError. */
async function locally<T>(machine: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = codeOf(error);
    const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'file-missing';
    throw TransportError.of(reason, { machine, where: 'controller', path, code }, error);
  }
}

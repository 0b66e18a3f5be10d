import { createHash } from 'node:crypto';
import { chmod, lstat, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunError } from './error.ts';
import { isCode } from './journal.ts';

/** Writes a whole file or nothing: beside it, flushed, then renamed; readable by `mode`. @throws RunError `controller-disk-full`. */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    const handle = await open(part, 'w', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    if (isCode(cause, 'ENOSPC', 'EDQUOT')) throw new RunError('controller-disk-full', { file }, { cause });
    throw cause;
  }
}

/**
 * Writes a file that the user named, as a shell's `>` would: through symbolic links, into devices and pipes, readable
 * as the umask says. A regular file is replaced as a whole and keeps its permissions.
 *
 * @throws RunError `controller-disk-full`.
 */
export async function writeNamed(file: string, content: string): Promise<void> {
  const place = await stat(file).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });
  const isLink = await lstat(file).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
  if (place === null ? isLink : !place.isFile()) {
    // Nothing to be replaced: a device, a pipe, or a link to what is not there yet.
    await writeFile(file, content);
    return;
  }
  if (place === null) {
    await writeWhole(file, content, 0o666);
    return;
  }
  const real = await realpath(file);
  await writeWhole(real, content, place.mode & 0o777);
  // The umask may have taken away what the file had.
  await chmod(real, place.mode & 0o777);
}

/** JSON for people too: two blanks, one final line feed. */
export function writeJson(file: string, value: unknown): Promise<void> {
  return writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON file of ours and checks its `format` and `formatVersion`.
 *
 * @throws RunError `run-not-found`, `run-damaged`, `format-newer`.
 */
export async function readFormat(file: string, format: string, version: number): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (isCode(cause, 'ENOENT', 'ENOTDIR'))
      throw new RunError('run-not-found', { run: file, directory: dirname(file), matches: 0 }, { cause });
    throw new RunError('run-damaged', { file, detail: `it cannot be read: ${String(cause)}` }, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RunError(
      'run-damaged',
      { file, detail: cause instanceof Error ? cause.message : '' },
      { cause },
    );
  }
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== format) {
    throw new RunError('run-damaged', { file, detail: `not a ${format} file` });
  }
  const found = 'formatVersion' in value ? Number(value.formatVersion) : Number.NaN;
  if (!Number.isInteger(found))
    throw new RunError('run-damaged', { file, detail: 'formatVersion is missing' });
  if (found > version) throw new RunError('format-newer', { file, found, known: version });
  return value;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A name that is one path component and nothing else, whatever `text` holds. */
export function fileName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, '-');
  return /^\.*$/.test(name) ? 'unnamed' : name;
}

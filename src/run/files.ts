import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunError } from './error.ts';
import { isCode } from './journal.ts';

/** Writes a whole file or nothing: beside it, flushed, then renamed. @throws RunError `controller-disk-full`. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
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

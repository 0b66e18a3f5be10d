import { watch } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { RunError } from './error.ts';
import { JOURNAL_FORMAT, type NewEvent, type RunEvent } from './events.ts';

export const JOURNAL_FILE = 'journal.jsonl';

/** What is read of a journal: whole lines only. A torn last line (a crash in the middle of a write) is counted, not understood. */
export type JournalContent = {
  readonly events: readonly RunEvent[];
  /** Bytes up to and with the last line feed. */
  readonly wholeBytes: number;
  readonly tornBytes: number;
};

const LINE_FEED = 0x0a;

function isEvent(value: unknown): value is RunEvent {
  return typeof value === 'object' && value !== null && 'kind' in value && 'at' in value;
}

function parseLine(line: string, where: { readonly file: string; readonly line: number }): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new RunError('journal-damaged', where, { cause });
  }
  if (!isEvent(value)) throw new RunError('journal-damaged', where);
  if (value.kind === 'journal' && value.formatVersion > JOURNAL_FORMAT) {
    throw new RunError('format-newer', {
      file: where.file,
      found: value.formatVersion,
      known: JOURNAL_FORMAT,
    });
  }
  return value;
}

/** Parses the whole lines of `bytes`. @throws RunError `journal-damaged` (file, line), `format-newer`. */
export function parseJournal(bytes: Uint8Array, file: string, firstLine = 1): JournalContent {
  const wholeBytes = bytes.lastIndexOf(LINE_FEED) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, wholeBytes)).split('\n');
  lines.pop();
  const events = lines.map((line, index) => parseLine(line, { file, line: firstLine + index }));
  if (firstLine === 1 && events.length > 0 && events[0]?.kind !== 'journal') {
    throw new RunError('journal-damaged', { file, line: 1 });
  }
  return { events, wholeBytes, tornBytes: bytes.length - wholeBytes };
}

/** Reads a journal; an absent one is empty. */
export async function readJournal(file: string): Promise<JournalContent> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return new Uint8Array();
    throw error;
  });
  return parseJournal(bytes, file);
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The runner's end of a journal: the only writer. */
export type Journal = {
  readonly events: readonly RunEvent[];
  /** Appends one event. `durable` events are on the disk when the promise settles. */
  append(event: NewEvent, kind?: 'durable' | 'buffered'): Promise<RunEvent>;
  close(): Promise<void>;
};

/**
 * Opens a journal for appending. A torn last line is cut off and said (`torn-line-dropped`).
 *
 * @throws RunError `journal-damaged`, `format-newer`; `controller-disk-full` from `append` (the file then ends with the last whole event).
 */
export async function openJournal(file: string, now: () => Date): Promise<Journal> {
  const content = await readJournal(file);
  const handle = await open(file, 'a', 0o600);
  if (content.tornBytes > 0) await handle.truncate(content.wholeBytes);
  const journal = appender({ handle, file, size: content.wholeBytes, now });
  // Where the first line itself was torn nothing is lost, and the header that comes next must stand first.
  if (content.tornBytes > 0 && content.events.length > 0)
    await journal.append({ kind: 'torn-line-dropped', bytes: content.tornBytes }, 'durable');
  return { ...journal, events: content.events };
}

function appender(options: {
  readonly handle: FileHandle;
  readonly file: string;
  readonly size: number;
  readonly now: () => Date;
}): Omit<Journal, 'events'> {
  const { handle, file, now } = options;
  let size = options.size;
  let queue: Promise<unknown> = Promise.resolve();

  const write = async (event: RunEvent, durable: boolean): Promise<void> => {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    try {
      let written = 0;
      while (written < line.length) written += (await handle.write(line, written)).bytesWritten;
      if (durable) await handle.datasync();
      size += line.length;
    } catch (cause) {
      await handle.truncate(size).catch(() => undefined);
      if (isCode(cause, 'ENOSPC', 'EDQUOT')) throw new RunError('controller-disk-full', { file }, { cause });
      throw cause;
    }
  };

  return {
    append(event, kind = 'durable') {
      const whole = { at: now().toISOString(), ...event } as RunEvent;
      const done = queue.then(() => write(whole, kind === 'durable'));
      queue = done.catch(() => undefined);
      return done.then(() => whole);
    },
    async close() {
      await queue;
      await handle.close();
    },
  };
}

/** Longest time until a follower looks again where the file system gives no notice of changes (network file systems). */
const LOOK_AGAIN_MS = 1000;

/**
 * Hands over the events of a journal as they are written, first all that are there, until `signal` aborts.
 * Reads only what is new.
 */
export async function followJournal(
  file: string,
  onEvents: (events: readonly RunEvent[]) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let offset = 0;
  let lines = 0;
  while (!signal.aborted) {
    const changed = nextChange(file, signal);
    const bytes = await readFrom(file, offset);
    const content = parseJournal(bytes, file, lines + 1);
    if (content.events.length > 0) {
      offset += content.wholeBytes;
      lines += content.events.length;
      await onEvents(content.events);
    }
    await changed;
  }
}

async function readFrom(file: string, offset: number): Promise<Uint8Array> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined || info.size <= offset) return new Uint8Array();
  const handle = await open(file, 'r');
  try {
    const bytes = new Uint8Array(info.size - offset);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Settles when the file may have changed, after a while in any case. */
async function nextChange(file: string, signal: AbortSignal): Promise<void> {
  const ready = new AbortController();
  const either = AbortSignal.any([signal, ready.signal]);
  try {
    const watcher = watch(file, { signal: either }, () => {
      ready.abort();
    });
    watcher.on('error', () => undefined);
  } catch {
    // Not there yet, or no notification on this file system: look again after the delay.
  }
  await delay(LOOK_AGAIN_MS, undefined, { signal: either }).catch(() => undefined);
  ready.abort();
}

import { appendFile, readFile, writeFile } from 'node:fs/promises';
import type * as Files from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent, RunEvent } from '../../../src/run/events.ts';
import { writeJson, writeWhole } from '../../../src/run/files.ts';
import { followJournal, openJournal, readJournal } from '../../../src/run/journal.ts';
import { dated, header } from './journals.ts';
import { scratch } from './scratch.ts';

const disk = vi.hoisted(() => ({ full: false, code: 'ENOSPC' }));
afterEach(() => {
  disk.full = false;
});

// A disk that is full takes half of what is written, then nothing.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>();
  const noSpace = (): Error => Object.assign(new Error('no space left on device'), { code: disk.code });
  const open = async (...words: Parameters<typeof real.open>): Promise<Files.FileHandle> => {
    const handle = await real.open(...words);
    const write = handle.write.bind(handle) as (
      bytes: Uint8Array,
      from?: number,
    ) => Promise<{ bytesWritten: number }>;
    let taken = false;
    return Object.assign(handle, {
      write: async (bytes: Uint8Array, from = 0) => {
        if (!disk.full) return write(bytes, from);
        if (taken) throw noSpace();
        taken = true;
        return { bytesWritten: (await write(bytes.subarray(from, from + (bytes.length >> 1)))).bytesWritten };
      },
      writeFile: async (content: string) => {
        if (disk.full) throw noSpace();
        await write(Buffer.from(content));
      },
    });
  };
  return { ...real, open };
});

const now = (): Date => new Date(Date.UTC(2026, 1, 3));
const dropped = (bytes: number): NewEvent => ({ kind: 'torn-line-dropped', bytes });
const lines = (...events: readonly NewEvent[]): string =>
  dated(...events)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');

async function journalWith(text: string): Promise<string> {
  const file = join(await scratch(), 'journal.jsonl');
  await writeFile(file, text);
  return file;
}

const kinds = (events: readonly RunEvent[]): readonly string[] => events.map(({ kind }) => kind);

describe('A journal that is read', () => {
  it('is empty where there is no file', async () => {
    expect(await readJournal(join(await scratch(), 'none'))).toMatchObject({ events: [], tornBytes: 0 });
  });

  it('has all events before a line that was torn, at whatever byte', async () => {
    const whole = lines(header, { kind: 'cancel-requested' });
    const last = lines({ kind: 'report-written', file: 'ü.html' });
    for (let bytes = 1; bytes < Buffer.byteLength(last); bytes += 1) {
      const torn = Buffer.from(last).subarray(0, bytes);
      const file = await journalWith('');
      await writeFile(file, Buffer.concat([Buffer.from(whole), torn]));
      const content = await readJournal(file);
      expect(kinds(content.events)).toEqual(['journal', 'cancel-requested']);
      expect(content.tornBytes).toBe(bytes);
    }
  });

  it.each([
    ['is no JSON', '{"at":"2026","kind":"canc\n'],
    ['is empty', '\n'],
    ['is no object', '17\n'],
    ['has no kind', '{"at":"2026"}\n'],
    ['is full of NULs', `${'\0'.repeat(100)}\n`],
  ])('is refused where a line in the middle %s, by file and line', async (_what, damaged) => {
    const file = await journalWith(`${lines(header, dropped(1))}${damaged}${lines(dropped(2))}`);
    await expect(readJournal(file)).rejects.toMatchObject({
      reason: 'journal-damaged',
      data: { file, line: 3 },
    });
    await expect(openJournal(file, now)).rejects.toMatchObject({ reason: 'journal-damaged' });
  });

  it('is refused where it does not begin like a journal', async () => {
    const file = await journalWith(lines(dropped(1), header));
    await expect(readJournal(file)).rejects.toMatchObject({
      reason: 'journal-damaged',
      data: { file, line: 1 },
    });
  });

  it('is refused where a newer version wrote it', async () => {
    const file = await journalWith(lines({ ...header, formatVersion: 2 } as NewEvent));
    await expect(readJournal(file)).rejects.toMatchObject({
      reason: 'format-newer',
      data: { file, found: 2, known: 1 },
    });
  });
});

describe('A journal that is written', () => {
  it('keeps the order of events that are appended at once', async () => {
    const file = await journalWith(lines(header));
    const journal = await openJournal(file, now);
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    await Promise.all(
      numbers.map((bytes) => journal.append(dropped(bytes), bytes % 3 === 0 ? 'durable' : 'buffered')),
    );
    await journal.close();
    const { events } = await readJournal(file);
    expect(events.flatMap((event) => (event.kind === 'torn-line-dropped' ? [event.bytes] : []))).toEqual(
      numbers,
    );
  });

  it('loses a torn last line, says so, and goes on behind the whole ones', async () => {
    const file = await journalWith(`${lines(header)}{"at":"2026-02-03T04:00`);
    const journal = await openJournal(file, now);
    await journal.append({ kind: 'cancel-requested' });
    await journal.close();
    const { events } = await readJournal(file);
    expect(kinds(events)).toEqual(['journal', 'torn-line-dropped', 'cancel-requested']);
    expect(events[1]).toMatchObject({ bytes: 23, at: now().toISOString() });
  });

  it('is begun anew where already its first line was torn', async () => {
    const file = await journalWith(lines(header).slice(0, 40));
    const journal = await openJournal(file, now);
    expect(journal.events).toEqual([]);
    await journal.append(header);
    await journal.close();
    expect(kinds((await readJournal(file)).events)).toEqual(['journal']);
  });

  it.each(['ENOSPC', 'EDQUOT'])(
    'ends with its last whole event when the disk is full (%s), and goes on when it is not',
    async (code) => {
      const file = await journalWith(lines(header));
      const journal = await openJournal(file, now);
      Object.assign(disk, { full: true, code });
      await expect(journal.append(dropped(1))).rejects.toMatchObject({
        reason: 'controller-disk-full',
        data: { file },
      });
      expect(await readFile(file, 'utf8')).toBe(lines(header));
      disk.full = false;
      await journal.append(dropped(2));
      await journal.close();
      const { events, tornBytes } = await readJournal(file);
      expect(kinds(events)).toEqual(['journal', 'torn-line-dropped']);
      expect(tornBytes).toBe(0);
    },
  );
});

describe('A file that is written whole', () => {
  it('is what it was where the disk is full, with nothing beside it', async () => {
    const directory = await scratch();
    const file = join(directory, 'run.json');
    await writeJson(file, { old: true });
    disk.full = true;
    await expect(writeWhole(file, 'new')).rejects.toMatchObject({
      reason: 'controller-disk-full',
      data: { file },
    });
    disk.full = false;
    expect(await readFile(file, 'utf8')).toBe('{\n  "old": true\n}\n');
    await expect(readFile(`${file}.${process.pid}.part`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('A journal that is followed', () => {
  /** Follows a file; `until` settles when that many events have come. */
  function follow(file: string): {
    seen: RunEvent[];
    until(count: number): Promise<void>;
    stop(): Promise<void>;
  } {
    const seen: RunEvent[] = [];
    const stopping = new AbortController();
    const following = followJournal(
      file,
      (events) => {
        seen.push(...events);
      },
      stopping.signal,
    );
    return {
      seen,
      until: (count) =>
        vi.waitFor(
          () => {
            expect(seen.length).toBeGreaterThanOrEqual(count);
          },
          { timeout: 4000, interval: 5 },
        ),
      async stop() {
        stopping.abort();
        await following;
      },
    };
  }

  it('hands over what is there, then what comes, in order and once', async () => {
    const file = await journalWith(lines(header, dropped(1)));
    const follower = follow(file);
    await follower.until(2);
    for (let bytes = 2; bytes < 30; bytes += 1) await appendFile(file, lines(dropped(bytes)));
    await follower.until(30);
    await follower.stop();
    expect(
      follower.seen.flatMap((event) => (event.kind === 'torn-line-dropped' ? [event.bytes] : [])),
    ).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
  });

  it('waits for the rest of a line that comes in two pieces, also within a character', async () => {
    const file = await journalWith(lines(header));
    const follower = follow(file);
    await follower.until(1);
    const line = Buffer.from(lines({ kind: 'report-written', file: 'ü.html' }));
    const middle = line.indexOf(0xc3) + 1;
    await appendFile(file, line.subarray(0, middle));
    await appendFile(file, line.subarray(middle));
    await follower.until(2);
    await follower.stop();
    expect(follower.seen[1]).toMatchObject({ kind: 'report-written', file: 'ü.html' });
  });

  it('may not be there yet', async () => {
    const file = join(await scratch(), 'journal.jsonl');
    const follower = follow(file);
    await writeFile(file, lines(header));
    await follower.until(1);
    await follower.stop();
  });

  it('is damaged for its follower too, by the right line', async () => {
    const file = await journalWith(lines(header, dropped(1)));
    let seen = 0;
    const following = followJournal(
      file,
      (events) => {
        seen += events.length;
      },
      new AbortController().signal,
    );
    const failing = expect(following).rejects.toMatchObject({
      reason: 'journal-damaged',
      data: { file, line: 3 },
    });
    await vi.waitFor(
      () => {
        expect(seen).toBe(2);
      },
      { interval: 5 },
    );
    await appendFile(file, 'nonsense\n');
    await failing;
  });
});

import { execFile } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { holderState, type LockHolder, readLock, takeLock } from '../../../src/run/lock.ts';
import { scratch } from './scratch.ts';

const run = promisify(execFile);

async function lockFile(holder?: Partial<LockHolder>): Promise<string> {
  const file = join(await scratch(), 'runner.lock');
  if (holder !== undefined) await writeFile(file, JSON.stringify({ ...(await ourselves()), ...holder }));
  return file;
}

/** This process, as it would hold a lock. */
async function ourselves(): Promise<LockHolder> {
  const file = join(await scratch(), 'own.lock');
  const release = await takeLock(file, '/run/socket');
  const holder = await readLock(file);
  await release();
  return holder!;
}

/** The pid of a process that has ended and was waited for. */
async function endedPid(): Promise<number> {
  const { stdout } = await run('sh', ['-c', 'echo $$']);
  return Number(stdout);
}

describe('A lock', () => {
  it('names its holder by pid, start time, boot and machine, and where it listens', async () => {
    const file = await lockFile();
    const release = await takeLock(file, '/run/socket');
    const holder = await readLock(file);
    expect(holder).toMatchObject({ pid: process.pid, machine: hostname(), socket: '/run/socket' });
    expect(holder?.startTime).toMatch(/^\d+$/);
    expect(holder?.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await holderState(holder!)).toBe('alive');
    await release();
    expect(await readLock(file)).toBeNull();
  });

  it('is refused to a second taker while its holder lives, and lies there unchanged', async () => {
    const file = await lockFile();
    const release = await takeLock(file, 'first');
    await expect(takeLock(file, 'second')).rejects.toMatchObject({
      reason: 'runner-active',
      data: { pid: process.pid, machine: hostname(), file },
    });
    expect(await readLock(file)).toMatchObject({ socket: 'first' });
    await release();
    await (
      await takeLock(file, 'second')
    )();
  });

  it.each([
    ['a process that has ended', async () => ({ pid: await endedPid() })],
    ['a process whose number another one has now', () => Promise.resolve({ startTime: '1' })],
    ['a process of an earlier boot', () => Promise.resolve({ bootId: 'another-boot' })],
  ])('of %s is taken over', async (_whose, change) => {
    const file = await lockFile(await change());
    expect(await holderState((await readLock(file))!)).toBe('dead');
    const release = await takeLock(file, 'new');
    expect(await readLock(file)).toMatchObject({ pid: process.pid, socket: 'new' });
    await release();
    expect(await readdir(join(file, '..'))).toEqual([]);
  });

  it('of another machine is refused, whatever runs there', async () => {
    const file = await lockFile({ machine: 'elsewhere', pid: await endedPid() });
    await expect(takeLock(file, 'new')).rejects.toMatchObject({
      reason: 'runner-elsewhere',
      data: { machine: 'elsewhere', file },
    });
    expect(await readLock(file)).toMatchObject({ machine: 'elsewhere' });
  });

  it('that somebody else took meanwhile is not released by its former holder', async () => {
    const file = await lockFile();
    const release = await takeLock(file, 'mine');
    const other = JSON.stringify({ ...(await readLock(file)), pid: 1 });
    await writeFile(file, other);
    await release();
    expect(await readFile(file, 'utf8')).toBe(other);
  });

  it.each(['', 'null', '{}', '{"pid":', '[1]'])(
    'that holds %j is damaged, and is not taken',
    async (text) => {
      const file = await lockFile();
      await writeFile(file, text);
      await expect(takeLock(file, 'new')).rejects.toMatchObject({ reason: 'run-damaged', data: { file } });
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );
});

describe('A dead lock that many want at once', () => {
  it('goes to exactly one of them, every time', { timeout: 60_000 }, async () => {
    const directory = await scratch();
    const program = join(directory, 'taker.mjs');
    await build({
      stdin: { contents: takerText, resolveDir: resolve('src/run'), loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      logLevel: 'error',
    });
    const rounds = 50;
    const dead = JSON.stringify({ ...(await ourselves()), startTime: '1', socket: 'dead' });
    for (let round = 0; round < rounds; round += 1) await writeFile(join(directory, `${round}.lock`), dead);
    const begin = Date.now() + 600;
    const words = [program, directory, String(rounds), String(begin)];
    const takers = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, words)));
    const winners = takers.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
    expect(winners.sort()).toEqual(Array.from({ length: rounds }, (_, round) => String(round)).sort());
  });
});

/** Takes the locks one after the other, each at a moment that all takers know; prints those it got and keeps them. */
const takerText = `
import { takeLock } from './lock.ts';
const [directory, rounds, begin] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round += 1) {
  while (Date.now() < Number(begin) + round * 12);
  await takeLock(directory + '/' + round + '.lock', 'x').then(() => console.log(round), (error) => {
    if (error.reason !== 'runner-active') throw error;
  });
}
// All takers live until the last of them has tried.
await new Promise((resolve) => setTimeout(resolve, Number(begin) + rounds * 12 + 700 - Date.now()));
`;

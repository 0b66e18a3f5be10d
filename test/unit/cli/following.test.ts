import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { followRun } from '../../../src/cli/following.ts';
import type { Plan } from '../../../src/core/recipe/plan.ts';
import { startRunner } from '../../../src/run/client.ts';
import { openControl } from '../../../src/run/control.ts';
import { addSegment, createRun, type RunPaths } from '../../../src/run/directory.ts';
import { takeLock, type LockHolder } from '../../../src/run/lock.ts';
import { scratch } from '../run/scratch.ts';

vi.spyOn(process.stderr, 'write').mockImplementation(() => true);

const at = '2026-02-03T04:05:06.000Z';
const plan = { format: 'kvm-parity-plan', formatVersion: 1 } as unknown as Plan;
const header = {
  at,
  kind: 'journal',
  format: 'kvm-parity-journal',
  formatVersion: 1,
  run: 'r',
  experiment: 'e',
};
const started = { at, kind: 'runner-started', pid: 1, machine: 'here' };
const ended = { at, kind: 'runner-ended', status: 'completed' };
const segment = (number: number): object => ({ at, kind: 'segment', segment: number, steps: [] });
const lines = (...events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

async function aRun(): Promise<RunPaths> {
  const inventory = { version: 1, hosts: {}, experiments: {} } as const;
  const what = { experiment: 'e', createdAt: at, product: '0.0.0', inventory, sshConfig: null };
  return createRun(await scratch(), what, { approvedAt: at, approvedBy: 'test', plan });
}

/** A program that is started in the runner's place; `body` is JavaScript that knows the run's `directory`. */
async function program(body: string): Promise<Parameters<typeof startRunner>[1]> {
  const cli = join(await scratch(), 'runner.mjs');
  const text = `import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
const directory = process.argv[3];
const journal = directory + '/journal.jsonl';
${body}
`;
  await writeFile(cli, text);
  return { node: process.execPath, cli, environment: {} };
}

const append = (...events: readonly object[]): string =>
  `appendFileSync(journal, ${JSON.stringify(lines(...events))});`;

const lock = (paths: RunPaths, holder: Partial<LockHolder>): Promise<void> =>
  writeFile(
    paths.lock,
    JSON.stringify({ pid: 1, startTime: null, bootId: null, machine: hostname(), socket: '/x', ...holder }),
  );

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

const signal = new AbortController().signal;

describe('Starting a runner', () => {
  it('is refused where one on another machine has the run', async () => {
    const paths = await aRun();
    await lock(paths, { machine: 'elsewhere' });
    await expect(startRunner(paths, await program(''))).rejects.toMatchObject({
      reason: 'runner-elsewhere',
      data: { machine: 'elsewhere', file: paths.lock },
    });
  });

  it('is refused while the run is restored: that listens to nobody', async () => {
    const paths = await aRun();
    const release = await takeLock(paths.lock, '');
    await expect(startRunner(paths, await program(''))).rejects.toMatchObject({
      reason: 'runner-active',
      data: { pid: process.pid },
    });
    await release();
  });

  it('is no failure where it did its work before anybody looked', async () => {
    const paths = await aRun();
    expect(await startRunner(paths, await program(append(header, started, ended)))).toEqual({
      kind: 'ended',
    });
  });

  it('fails where the runner ends without a word', async () => {
    await expect(startRunner(await aRun(), await program('process.exit(1);'))).rejects.toMatchObject({
      reason: 'runner-silent',
    });
  });
});

describe('Following a run', () => {
  it('shows the whole of a run that is over at once', async () => {
    const paths = await aRun();
    const runner = await program(append(header, started, segment(1), ended));
    expect(await followRun({ paths, program: runner, signal })).toMatchObject({
      status: 'completed',
      eventCount: 4,
    });
  });

  it('starts the runner once more for a plan that came too late for it', async () => {
    const paths = await aRun();
    await addSegment(paths, { segment: 2, approvedAt: at, approvedBy: 'test', plan });
    const first = append(header, started, segment(1), ended);
    const second = append(started, segment(2), ended);
    const runner = await program(`let text = '';
try { text = readFileSync(journal, 'utf8'); } catch {}
if (text === '') { ${first} } else { ${second} }`);
    const state = await followRun({ paths, program: runner, signal });
    expect(state.segments).toHaveLength(2);
    expect(state.eventCount).toBe(7);
  });

  it('does not start a runner for ever that takes up nothing', async () => {
    const paths = await aRun();
    await writeFile(paths.journal, lines(header));
    const state = await followRun({ paths, program: await program(append(started, ended)), signal });
    expect(state.segments).toHaveLength(0);
  });

  it('ends when the runner dies between taking its lock and listening', async () => {
    const paths = await aRun();
    const dying = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void dying.kill('SIGKILL'));
    await writeFile(paths.journal, lines(header, started));
    await lock(paths, { pid: dying.pid!, bootId: await bootId(), socket: join(paths.directory, 'none') });
    const exited = new Promise((resolve) => dying.once('exit', resolve));
    const following = followRun({
      paths,
      program: await program(append(started, segment(1), ended)),
      signal,
    });
    dying.kill('SIGKILL');
    await exited;
    // What was joined did nothing: the run is taken up by a runner of its own.
    expect(await following).toMatchObject({ status: 'completed', eventCount: 5 });
  });

  it('ends when the runner that was followed is gone without a last word', async () => {
    const paths = await aRun();
    await writeFile(paths.journal, lines(header));
    const runner = await program(`
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const holder = { pid: process.pid, startTime: null, bootId, machine: ${JSON.stringify(hostname())}, socket: directory + '/none' };
writeFileSync(directory + '/runner.lock', JSON.stringify(holder));
${append(started)}
setTimeout(() => process.exit(1), 300);`);
    expect(await followRun({ paths, program: runner, signal })).toMatchObject({
      status: 'running',
      eventCount: 2,
    });
  });

  it('sends no answer where there is none, so that another one may give it', async () => {
    const paths = await aRun();
    const socket = join(paths.directory, 'runner.sock');
    const release = await takeLock(paths.lock, socket);
    const control = await openControl({ path: socket, made: null }, { onCancel: () => undefined });
    await writeFile(paths.journal, lines(header, started));
    let asked = 0;
    const leave = new AbortController();
    const following = followRun({
      paths,
      program: await program(''),
      signal: leave.signal,
      attendance: 'unattended',
      answer: () => {
        asked += 1;
        return Promise.resolve(undefined);
      },
    });
    const withdraw = new AbortController();
    let answer: unknown = 'open';
    const asking = control.ask({ kind: 'sudo-password', machine: 'r1', user: 'ada' }, withdraw.signal);
    void asking.then((value) => (answer = value));
    await vi.waitFor(() => {
      expect(asked).toBe(1);
    });
    leave.abort();
    await following;
    // Who merely joined says nothing of whether there is a person either.
    expect(answer).toBe('open');
    withdraw.abort();
    await asking;
    await control.close();
    await release();
    await rm(paths.lock, { force: true });
  });
});

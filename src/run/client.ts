import { open, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { Answer, RunQuestion, ToClient, ToRunner } from './control.ts';
import type { RunPaths } from './directory.ts';
import { RunError } from './error.ts';
import { isCode } from './journal.ts';
import { holderState, readLock, type LockHolder } from './lock.ts';

/** How to start a runner: the CLI bundle, by the Node.js (or Electron as Node.js) that runs us. */
export type RunnerProgram = {
  readonly node: string;
  readonly cli: string;
  readonly environment: Readonly<Record<string, string>>;
};

/** The runner that drives a run now; null where none does (or a dead one left its lock). */
export async function activeRunner(paths: RunPaths): Promise<LockHolder | null> {
  const holder = await readLock(paths.lock);
  if (holder === null) return null;
  return (await holderState(holder)) === 'dead' ? null : holder;
}

/**
 * The runner that drives a run and can be joined from here; null where none does.
 *
 * @throws RunError `runner-elsewhere`; `runner-active` where something else (restoring) holds the run, which nobody can join.
 */
export async function joinableRunner(paths: RunPaths): Promise<LockHolder | null> {
  const holder = await readLock(paths.lock);
  if (holder === null) return null;
  const state = await holderState(holder);
  if (state === 'dead') return null;
  const data = { pid: holder.pid, machine: holder.machine, file: paths.lock };
  if (state === 'elsewhere') throw new RunError('runner-elsewhere', data);
  if (holder.socket === '') throw new RunError('runner-active', data);
  return holder;
}

/** Whether this runner still drives the run: asks this machine only. */
export async function isDriving(paths: RunPaths, runner: LockHolder): Promise<boolean> {
  const holder = await readLock(paths.lock).catch(() => null);
  if (holder?.pid !== runner.pid || holder.startTime !== runner.startTime) return false;
  return (await holderState(holder)) !== 'dead';
}

/** Longest time until a started runner answers on its socket. */
const START_MS = 20_000;
const LOOK_AGAIN_MS = 20;

/** What came of starting a runner; `ended`: it did its work, or failed, faster than one could look. */
export type Started =
  { readonly kind: 'started' | 'joined'; readonly holder: LockHolder } | { readonly kind: 'ended' };

/** Size of a journal in bytes; 0 where there is none. */
async function journalSize(paths: RunPaths): Promise<number> {
  return stat(paths.journal).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * Starts the runner as a process of its own, in its own session: it outlives this one. Where one is at it
 * already, that one is joined.
 *
 * @throws RunError `runner-silent` where it does not come up; its log says why. What `joinableRunner` throws.
 */
export async function startRunner(paths: RunPaths, program: RunnerProgram): Promise<Started> {
  const present = await joinableRunner(paths);
  if (present !== null) return { kind: 'joined', holder: present };
  const sizeBefore = await journalSize(paths);
  const handle = await open(paths.runnerLog, 'a', 0o600);
  const log = handle.createWriteStream({ autoClose: false });
  try {
    const child = execa(program.node, [program.cli, 'runner', paths.directory], {
      detached: true,
      cleanup: false,
      stdin: 'ignore',
      // Descriptors, not pipes: a pipe would end with us.
      stdout: log,
      stderr: log,
      buffer: false,
      env: program.environment,
      reject: false,
    });
    child.unref();
    const ended = new AbortController();
    void child.then(() => {
      ended.abort();
    });
    const until = Date.now() + START_MS;
    for (;;) {
      // In this order: what ended before the look at the lock has left all its traces.
      const isOver = ended.signal.aborted || Date.now() > until;
      const holder = await joinableRunner(paths);
      if (holder !== null) return { kind: holder.pid === child.pid ? 'started' : 'joined', holder };
      if (isOver) break;
      await delay(LOOK_AGAIN_MS);
    }
    if ((await journalSize(paths)) > sizeBefore) return { kind: 'ended' };
    throw new RunError('runner-silent', { log: paths.runnerLog });
  } finally {
    await handle.close();
  }
}

export type Link = {
  /** Whether a person is here to be asked; `unattended` only by who started the runner. */
  attend(attendance: 'attended' | 'unattended'): void;
  /** Ends the current job and the run, in order. */
  cancel(): void;
  /** Ends the runner alone: jobs go on. */
  detach(): void;
  close(): void;
  /** Settles when the runner closed the link or died. */
  readonly closed: Promise<void>;
};

/** Connects to a runner; one that has just taken its lock listens a moment later. */
async function openSocket(holder: LockHolder): Promise<Socket> {
  const until = Date.now() + START_MS;
  for (;;) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const opening = connect(holder.socket, () => {
          resolve(opening);
        });
        opening.once('error', reject);
      });
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ECONNREFUSED') || Date.now() > until) throw error;
      // It may have died between taking the lock and listening.
      if ((await holderState(holder)) === 'dead') throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
}

/**
 * Answers a question. The signal aborts when it was answered elsewhere, is not asked any more, or the link closed.
 *
 * @returns undefined where it cannot be answered here: then nothing is sent, and it waits for somebody else. So too on a rejection.
 */
export type Answering = (question: RunQuestion, signal: AbortSignal) => Promise<Answer | undefined>;

/** Joins a runner: its questions come to `answer`. */
export async function joinRunner(holder: LockHolder, answer: Answering): Promise<Link> {
  const socket = await openSocket(holder);
  const asked = new Map<number, AbortController>();
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const settled of asked.values()) settled.abort();
      resolve();
    });
  });
  socket.on('error', () => undefined);
  const send = (message: ToRunner): void => {
    socket.write(`${JSON.stringify(message)}\n`);
  };
  const onQuestion = async (id: number, question: RunQuestion): Promise<void> => {
    const settled = new AbortController();
    asked.set(id, settled);
    const value = await answer(question, settled.signal).catch(() => undefined);
    asked.delete(id);
    if (value !== undefined && !settled.signal.aborted) send({ kind: 'answer', id, value });
  };
  const lines = createInterface({ input: socket });
  // It says the socket's errors again: a runner that was killed closes the link, no more.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const message = JSON.parse(line) as ToClient;
    switch (message.kind) {
      case 'question':
        void onQuestion(message.id, message.question);
        return;
      case 'question-settled':
        asked.get(message.id)?.abort();
        return;
    }
  });
  return {
    attend: (attendance) => {
      send({ kind: attendance });
    },
    cancel: () => {
      send({ kind: 'cancel' });
    },
    detach: () => {
      send({ kind: 'detach' });
    },
    close: () => {
      socket.end();
    },
    closed,
  };
}

import { open } from 'node:fs/promises';
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

/** Longest time until a started runner answers on its socket. */
const START_MS = 20_000;
const LOOK_AGAIN_MS = 20;

/**
 * Starts the runner as a process of its own, in its own session: it outlives this one. Where one is at it
 * already, that one is joined.
 *
 * @throws RunError `runner-silent` where it does not come up; its log says why.
 */
export async function startRunner(paths: RunPaths, program: RunnerProgram): Promise<LockHolder> {
  const present = await activeRunner(paths);
  if (present !== null) return present;
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
    void child.then((result) => {
      ended.abort(result.exitCode ?? null);
    });
    const until = Date.now() + START_MS;
    while (Date.now() < until) {
      const holder = await activeRunner(paths);
      if (holder !== null) return holder;
      if (ended.signal.aborted) break;
      await delay(LOOK_AGAIN_MS);
    }
    throw new RunError('runner-silent', { log: paths.runnerLog });
  } finally {
    await handle.close();
  }
}

export type Link = {
  /** Ends the current job and the run, in order. */
  cancel(): void;
  close(): void;
  /** Settles when the runner closed the link or died. */
  readonly closed: Promise<void>;
};

/** Connects to a runner; one that has just taken its lock listens a moment later. */
async function openSocket(path: string): Promise<Socket> {
  const until = Date.now() + START_MS;
  for (;;) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const opening = connect(path, () => {
          resolve(opening);
        });
        opening.once('error', reject);
      });
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ECONNREFUSED') || Date.now() > until) throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
}

/**
 * Joins a runner: its questions come to `answer`. A question that was answered elsewhere meanwhile is simply
 * forgotten by the runner.
 */
export async function joinRunner(
  holder: LockHolder,
  answer: (question: RunQuestion) => Promise<Answer>,
): Promise<Link> {
  const socket = await openSocket(holder.socket);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  socket.on('error', () => undefined);
  const send = (message: ToRunner): void => {
    socket.write(`${JSON.stringify(message)}\n`);
  };
  const lines = createInterface({ input: socket });
  // It says the socket's errors again: a runner that was killed closes the link, no more.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const message = JSON.parse(line) as ToClient;
    void answer(message.question).then(
      (value) => {
        send({ kind: 'answer', id: message.id, value });
      },
      () => {
        send({ kind: 'answer', id: message.id, value: null });
      },
    );
  });
  return {
    cancel: () => {
      send({ kind: 'cancel' });
    },
    close: () => {
      socket.end();
    },
    closed,
  };
}

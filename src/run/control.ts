import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Question } from '../remote/questions.ts';
import type { LeaseHolder } from './lease/lease.ts';

/** What a runner may have to ask a person. */
export type RunQuestion = Question | ({ readonly kind: 'lease'; readonly machine: string } & LeaseHolder);

/** Yes or no, a secret, or null: a person will not answer, or nobody can be waited for. */
export type Answer = boolean | string | null;

export type ToClient =
  | { readonly kind: 'question'; readonly id: number; readonly question: RunQuestion }
  /** It was answered elsewhere, or is not asked any more. */
  | { readonly kind: 'question-settled'; readonly id: number };

export type ToRunner =
  | { readonly kind: 'answer'; readonly id: number; readonly value: Answer }
  /** A person can be asked from now on; until then somebody is waited for too. */
  | { readonly kind: 'attended' }
  /** The command that started the runner has no person: questions, also open ones, are answered null at once. */
  | { readonly kind: 'unattended' }
  | { readonly kind: 'cancel' }
  /** Let the jobs go on and end: for a run that cannot be cancelled because its machine is out of reach. */
  | { readonly kind: 'detach' };

/** The runner's side of the local socket: questions go out, answers and wishes come in. */
export type Control = {
  /** Waits for the first answer of any window or terminal; null where a person refused, or the run is unattended. */
  ask(question: RunQuestion, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
};

type Pending = { readonly question: RunQuestion; readonly settle: (answer: Answer) => void };

/** sun_path of unix(7) holds 108 bytes. */
const LONGEST_SOCKET_PATH = 100;

/** Where a runner will listen, and the directory that was made for it. */
export type SocketPlace = { readonly path: string; readonly made: string | null };

/** A path for the socket that nobody else can take: in the run's own directory, or a fresh private one. */
export async function socketPlace(directory: string): Promise<SocketPlace> {
  if (process.platform === 'win32') {
    return { path: `\\\\.\\pipe\\kvm-parity-${crypto.randomUUID()}`, made: null };
  }
  const near = join(directory, 'runner.sock');
  if (Buffer.byteLength(near) <= LONGEST_SOCKET_PATH) return { path: near, made: null };
  const made = await mkdtemp(join(tmpdir(), 'kvm-parity-'));
  return { path: join(made, 'runner.sock'), made };
}

function messageOf(line: string): ToRunner | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'kind' in value ? (value as ToRunner) : undefined;
  } catch {
    return undefined;
  }
}

async function listen(server: Server, path: string): Promise<void> {
  // The socket is born with the process's umask: nobody else may connect, not even for a moment.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(umask);
  }
}

/** Opens the socket. The caller holds the run's lock, so that whatever lies at the path is a dead runner's. */
export async function openControl(
  { path, made }: SocketPlace,
  wishes: { readonly onCancel: () => void; readonly onDetach?: () => void },
): Promise<Control> {
  const clients = new Set<Socket>();
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let attendance: 'attended' | 'unattended' = 'attended';

  const send = (socket: Socket, message: ToClient): void => {
    socket.write(`${JSON.stringify(message)}\n`);
  };
  const onMessage = (message: ToRunner): void => {
    switch (message.kind) {
      case 'answer':
        // An answer without a value answers nothing.
        pending.get(message.id)?.settle(message.value ?? null);
        return;
      case 'attended':
      case 'unattended':
        attendance = message.kind;
        if (attendance === 'unattended') for (const { settle } of [...pending.values()]) settle(null);
        return;
      case 'cancel':
        wishes.onCancel();
        return;
      case 'detach':
        wishes.onDetach?.();
        return;
    }
  };

  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => clients.delete(socket));
    const lines = createInterface({ input: socket });
    // It says the socket's errors again: a window that dies unread must not end the runner.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const message = messageOf(line);
      if (message !== undefined) onMessage(message);
    });
    for (const [id, { question }] of pending) send(socket, { kind: 'question', id, question });
  });
  await rm(path, { force: true });
  await listen(server, path);

  return {
    ask(question, signal) {
      lastId += 1;
      const id = lastId;
      return new Promise<Answer>((resolve) => {
        const settle = (answer: Answer): void => {
          pending.delete(id);
          signal.removeEventListener('abort', giveUp);
          for (const client of clients) send(client, { kind: 'question-settled', id });
          resolve(answer);
        };
        const giveUp = (): void => {
          settle(null);
        };
        signal.addEventListener('abort', giveUp);
        pending.set(id, { question, settle });
        for (const client of clients) send(client, { kind: 'question', id, question });
        if (signal.aborted || attendance === 'unattended') giveUp();
      });
    },
    async close() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
      if (made !== null) await rm(made, { recursive: true, force: true });
    },
  };
}

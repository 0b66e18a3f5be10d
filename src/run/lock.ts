import { link, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RunError } from './error.ts';
import { writeJson } from './files.ts';
import { isCode } from './journal.ts';

/** Who drives a run. A process is named by pid *and* start time, so that a recycled pid is never trusted. */
export type LockHolder = {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (proc(5), /proc/PID/stat field 22); null where there is no /proc. */
  readonly startTime: string | null;
  readonly bootId: string | null;
  readonly machine: string;
  /** Path of the socket on which the runner listens. */
  readonly socket: string;
};

async function readProc(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

/** Start time of a process, null where it does not exist or the system has no /proc. */
async function startTimeOf(pid: number): Promise<string | null> {
  const text = await readProc(`/proc/${pid}/stat`);
  // The command name may hold blanks and parentheses: fields count from after the last one.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function bootId(): Promise<string | null> {
  return (await readProc('/proc/sys/kernel/random/boot_id'))?.trim() ?? null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** Whether the holder of a lock still runs on this machine; `elsewhere` where that cannot be told from here. */
export async function holderState(holder: LockHolder): Promise<'alive' | 'dead' | 'elsewhere'> {
  if (holder.machine !== hostname()) return 'elsewhere';
  if (holder.bootId !== (await bootId())) return 'dead';
  if (!exists(holder.pid)) return 'dead';
  const startTime = await startTimeOf(holder.pid);
  return holder.startTime === null || startTime === null || startTime === holder.startTime ? 'alive' : 'dead';
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, bootId: boot, machine, socket } = value as Readonly<Record<string, unknown>>;
  const isText = (text: unknown): boolean => typeof text === 'string';
  const isTextOrNull = (text: unknown): boolean => text === null || isText(text);
  return (
    Number.isSafeInteger(pid) &&
    isTextOrNull(startTime) &&
    isTextOrNull(boot) &&
    isText(machine) &&
    isText(socket)
  );
}

/** The holder of a lock; null where nobody holds it. @throws RunError `run-damaged`. */
export async function readLock(file: string): Promise<LockHolder | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (text === null) return null;
  let holder: unknown;
  try {
    holder = JSON.parse(text);
  } catch (cause) {
    throw new RunError('run-damaged', { file, detail: 'not a lock' }, { cause });
  }
  if (!isHolder(holder)) throw new RunError('run-damaged', { file, detail: 'not a lock' });
  return holder;
}

/** Makes a hard link: link(2) succeeds for one of all who try at once. */
function linked(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    (error: unknown) => {
      if (isCode(error, 'EEXIST')) return false;
      throw error;
    },
  );
}

function refusal(state: 'alive' | 'elsewhere', holder: LockHolder, file: string): RunError {
  const reason = state === 'alive' ? 'runner-active' : 'runner-elsewhere';
  return new RunError(reason, { pid: holder.pid, machine: holder.machine, file });
}

/** How soon to look again while somebody else takes a dead lock over: that is a matter of a few calls. */
const LOOK_AGAIN_MS = 5;

/**
 * Puts `own` in the place of a dead holder's lock. Whoever does so holds a second lock meanwhile and looks once more:
 * a lock that was merely moved away could be another's, taken since.
 *
 * @returns false where that is somebody else's work, or was done already: look again.
 */
async function takeOver(own: string, file: string): Promise<boolean> {
  const guard = `${file}.takeover`;
  if (!(await linked(own, guard))) {
    const other = await readLock(guard);
    const state = other === null ? 'alive' : await holderState(other);
    if (other !== null && state === 'elsewhere') throw refusal(state, other, guard);
    if (state === 'dead') await rm(guard, { force: true });
    else await delay(LOOK_AGAIN_MS);
    return false;
  }
  try {
    const holder = await readLock(file);
    if (holder === null || (await holderState(holder)) !== 'dead') return false;
    await rename(own, file);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/**
 * Takes the lock for this process; a dead holder's is taken over. Of many who try at once one wins.
 *
 * @throws RunError `runner-active`, `runner-elsewhere`, `run-damaged`.
 */
export async function takeLock(file: string, socket: string): Promise<() => Promise<void>> {
  const mine: LockHolder = {
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: await bootId(),
    machine: hostname(),
    socket,
  };
  const own = `${file}.${process.pid}`;
  await writeJson(own, mine);
  try {
    while (!(await linked(own, file))) {
      const holder = await readLock(file);
      if (holder === null) continue;
      const state = await holderState(holder);
      if (state !== 'dead') throw refusal(state, holder, file);
      if (await takeOver(own, file)) break;
    }
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    const holder = await readLock(file).catch(() => null);
    if (holder?.pid === mine.pid && holder.startTime === mine.startTime) await rm(file, { force: true });
  };
}

import { link, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
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

/** The holder of a lock; null where nobody holds it. @throws RunError `run-damaged`. */
export async function readLock(file: string): Promise<LockHolder | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as LockHolder;
  } catch (cause) {
    throw new RunError('run-damaged', { file, detail: 'not a lock' }, { cause });
  }
}

/** Moves a dead holder's lock away. What somebody else put there in the meantime is put back. */
async function removeDead(file: string, away: string, dead: LockHolder): Promise<void> {
  const moved = await rename(file, away).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const holder = await readLock(away).catch(() => null);
  if (holder !== null && (holder.pid !== dead.pid || holder.startTime !== dead.startTime)) {
    await link(away, file).catch(() => undefined);
  }
  await rm(away, { force: true });
}

/**
 * Takes the lock for this process. A dead holder's lock is taken over; `link(2)` makes sure that of two
 * who try at once one wins.
 *
 * @throws RunError `runner-active`, `runner-elsewhere`.
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
    for (;;) {
      try {
        await link(own, file);
        break;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
      }
      const holder = await readLock(file);
      if (holder === null) continue;
      const state = await holderState(holder);
      if (state !== 'dead') {
        const reason = state === 'alive' ? 'runner-active' : 'runner-elsewhere';
        throw new RunError(reason, { pid: holder.pid, machine: holder.machine, file });
      }
      await removeDead(file, `${own}.dead`, holder);
    }
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    const holder = await readLock(file).catch(() => null);
    if (holder?.pid === mine.pid && holder.startTime === mine.startTime) await rm(file, { force: true });
  };
}

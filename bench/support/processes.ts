import { readdir, readFile } from 'node:fs/promises';

const MIB = 1024;

/** A field of /proc/PID/status in MiB (proc(5)): VmRSS, VmHWM (its peak). Undefined when the process is gone. */
export async function memoryMib(pid: number | 'self', field: 'VmRSS' | 'VmHWM'): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / MIB;
}

/** Processor time that processes have used. */
export type ProcessTimes = {
  /** By process, its own milliseconds: /proc/PID/schedstat counts nanoseconds, where stat counts in ticks of 10 ms. */
  readonly own: ReadonlyMap<number, number>;
  /** Milliseconds of children that ended, in whole ticks (cutime + cstime of proc(5)). */
  readonly ended: number;
};

/** clock ticks of /proc/PID/stat: USER_HZ is 100 on every architecture that KVM runs on. */
const TICK_MS = 10;

async function statOf(pid: number): Promise<{ readonly parent: number; readonly ended: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command's name may hold blanks and parentheses: fields count from after the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  return { parent: Number(fields[1]), ended: (Number(fields[13]) + Number(fields[14])) * TICK_MS };
}

/** These processes and all below them. */
export async function treeOf(roots: readonly number[]): Promise<readonly number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  for (const pid of all) {
    const stat = await statOf(pid);
    if (stat !== undefined) parents.set(pid, stat.parent);
  }
  const below = (parent: number): readonly number[] => [
    parent,
    ...[...parents].filter(([, candidate]) => candidate === parent).flatMap(([pid]) => below(pid)),
  ];
  return roots.flatMap((root) => below(root));
}

export async function timesOf(pids: readonly number[]): Promise<ProcessTimes> {
  const own = new Map<number, number>();
  let ended = 0;
  for (const pid of pids) {
    const [nanoseconds] = (await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ');
    own.set(pid, Number(nanoseconds) / 1e6);
    ended += (await statOf(pid))?.ended ?? 0;
  }
  return { own, ended };
}

/**
 * Milliseconds used between two looks, children that came and went included.
 *
 * @throws Error where one of the processes is another than before: its time would be counted wrongly.
 */
export function usedBetween(before: ProcessTimes, after: ProcessTimes): number {
  const pids = [...after.own.keys()];
  if (pids.length !== before.own.size || pids.some((pid) => !before.own.has(pid))) {
    throw new Error(
      `other processes than before: ${[...before.own.keys()].join(' ')}, now ${pids.join(' ')}`,
    );
  }
  const own = pids.reduce((sum, pid) => sum + (after.own.get(pid) ?? 0) - (before.own.get(pid) ?? 0), 0);
  return own + after.ended - before.ended;
}

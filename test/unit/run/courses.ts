import { readFileSync } from 'node:fs';
import type { Course } from './world.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/workload/${name}.txt`, import.meta.url), 'utf8');

/** A whole output of the workload with N = 2, and one of a JVM that died with SIGILL. */
export const goodLog = fixture('warehouse-n2');
export const crashedLog = fixture('warehouse-sigill');

/** A job that ran to its end. */
export function exited(log: string, exitStatus: number, freeBytes = 1e9): Course {
  return {
    log,
    end: { state: 'exited', exitStatus, logBytes: log.length, freeBytes, outputs: {}, badOutput: null },
  };
}

export const good = exited(goodLog, 0);
export const crashed = exited(crashedLog, 134);

import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { ParameterValues } from '../../../src/core/script/script.ts';
import { jobsOf } from '../../../src/remote/job/jobs.ts';
import type { JobRef, Jobs, JobState } from '../../../src/remote/jobs.ts';
import type { RunAs, Transport } from '../../../src/remote/transport.ts';
import { eventually } from '../../support/sshd.ts';
import type { Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

export type JobHarness = {
  readonly stage: Stage;
  readonly transport: Transport;
  readonly jobs: Jobs;
  /** Goes on with a new transport. */
  readonly reconnect: () => Promise<void>;
  readonly begin: (text: string, values?: ParameterValues, as?: RunAs) => Promise<JobRef>;
  readonly directory: (job: JobRef) => string;
  /** The log as a follower gets it, with what became of the job. */
  readonly follow: (
    job: JobRef,
    offset?: number,
  ) => Promise<{ readonly log: string; readonly state: JobState }>;
};

/** A stage for the tests of a `describe`, with a new transport for each of them. */
export function useJobs(setUp: () => Promise<Stage>): JobHarness {
  let stage: Stage;
  let transport: Transport;
  let jobs: Jobs;
  let count = 0;
  const connect = (): void => {
    transport = stage.connect();
    jobs = jobsOf(transport);
  };
  beforeAll(async () => {
    stage = await setUp();
  });
  afterAll(() => stage.remove());
  beforeEach(connect);
  afterEach(() => transport.close());
  return {
    get stage() {
      return stage;
    },
    get transport() {
      return transport;
    },
    get jobs() {
      return jobs;
    },
    reconnect: async () => {
      await transport.close();
      connect();
    },
    begin: async (text, values = {}, as = 'login') => {
      count += 1;
      const job: JobRef = { id: `measure/trial ${count}`, as };
      expect(await jobs.start(job, script(text, values, as), never())).toMatchObject({ state: 'started' });
      return job;
    },
    directory: (job) =>
      join(stage.stateDirectory(job.as), 'jobs', job.id.replace('/', '%2F').replace(' ', '%20')),
    follow: async (job, offset = 0) => {
      const chunks: Uint8Array[] = [];
      const state = await jobs.follow(job, {
        signal: never(),
        offset,
        onBytes: (chunk) => void chunks.push(Buffer.from(chunk)),
      });
      return { log: Buffer.concat(chunks).toString(), state };
    },
  };
}

/** The words of a file that is about to be written. */
export async function wordsOf(path: string): Promise<readonly string[]> {
  let text = '';
  await eventually(path, async () => {
    text = await readFile(path, 'utf8').catch(() => '');
    return text !== '';
  });
  return text.trim().split(/\s+/);
}

export type Process = { readonly pid: string; readonly name: string };

/** Processes whose working directory it is. */
export async function processesIn(directory: string): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return cwd === directory && name !== '' ? [{ pid, name }] : [];
    }),
  );
  return found.flat();
}

/** The fields of proc(5), /proc/pid/stat, from the third (state) on. */
export async function fieldsOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

export async function stateOf(pid: string): Promise<string> {
  return (await fieldsOf(pid))[0] ?? '';
}

export async function isAlive(pid: string): Promise<boolean> {
  return /^[^ZX]/.test(await stateOf(pid));
}

import { fill } from '../../../src/core/messages.ts';
import type { JobRef, Jobs, JobState } from '../../../src/remote/jobs.ts';
import { TransportError } from '../../../src/remote/error.ts';
import type { ExecOptions, ExecResult, ScriptCall, Transport } from '../../../src/remote/transport.ts';

type Over = Exclude<JobState, { state: 'running' }>;

type Job = {
  readonly id: string;
  readonly machine: string;
  readonly script: string;
  log: string;
  end: Over;
  over: boolean;
};

/** What a job of a script comes to on a machine: what it prints, and how it ends. */
export type Course = {
  readonly log: string;
  readonly end?: Over;
  /** Runs until it is cancelled. */
  readonly endless?: boolean;
};

/** The process dies here: nothing that comes after it has an effect. */
export class Crash extends Error {}

/**
 * The machines of a run and what is true on them, in memory, behind the ports of `src/remote`. Everything that touches them
 * passes a point after its effect, where a test may let the controller die or the connection break.
 */
export type World = {
  /** Jobs by id, with those that were removed. */
  readonly jobs: ReadonlyMap<string, Readonly<Job>>;
  /** Every start of a job that was not there yet. */
  readonly starts: readonly string[];
  /** Rules of the product that were broken: two measured jobs at once … */
  readonly broken: readonly string[];
  /** Run that holds the lease, by host. */
  readonly leases: Map<string, string>;
  /** The setting that the plan's `tune` step changes, by machine. */
  readonly setting: Map<string, string>;
  /** Registered undo entries: `machine shelf entry` and the original in it. */
  readonly undo: ReadonlyMap<string, string>;
  /** How a trial comes out; given the job's id. */
  course: (job: string) => Course;
  /** Called at every point with what has happened; may throw. */
  onPoint: (label: string) => void | Promise<void>;
  /** An endless job comes to its end. */
  finish(job: string, course: Course): void;
  transport(machine: string): Transport;
  jobsOf(machine: string): Jobs;
};

const pid = 4711;
const bootId = 'b0071d00-0000-4000-8000-000000000001';

function over(log: string, exitStatus: number, outputs: Readonly<Record<string, string>> = {}): Over {
  return { state: 'exited', exitStatus, logBytes: log.length, freeBytes: 1e9, outputs, badOutput: null };
}

function lost(machine: string): TransportError {
  return TransportError.of('connection-lost', { machine });
}

export function newWorld(course: World['course']): World {
  const jobs = new Map<string, Job>();
  const starts: string[] = [];
  const broken: string[] = [];
  const compiled = new Set<string>();
  const undo = new Map<string, string>();
  const leases = new Map<string, string>();
  const setting = new Map<string, string>();

  const answer = (stdout = '', exitStatus = 0): ExecResult => ({
    exitStatus,
    signal: null,
    stdout,
    stderr: '',
  });

  const scripts: Record<
    string,
    (machine: string, values: Record<string, string>, options: ExecOptions) => ExecResult
  > = {
    'facts/probe': (_machine, { NONCE = '' }, { onStdout }) => {
      void onStdout?.(Buffer.from(`${NONCE} begin 1\n${NONCE} end\n`));
      return answer();
    },
    'lease/acquire': (machine, { RUN = '', TAKE }) => {
      const holder = leases.get(machine);
      if (holder !== undefined && holder !== RUN && TAKE !== 'true')
        return answer(`held ${holder} same unknown somebody@elsewhere\n`);
      leases.set(machine, RUN);
      return answer('acquired\n');
    },
    'lease/note': () => answer(),
    'lease/release': (machine, { RUN }) => {
      if (leases.get(machine) === RUN) leases.delete(machine);
      return answer();
    },
    'warehouse/check': (machine) =>
      compiled.has(machine) ? answer(`CLASSES=/state/${machine}/classes\n`) : answer('', 1),
    'undo/register': (machine, { SHELF, ENTRY, UNDO = '' }) => {
      const key = `${machine} ${SHELF ?? ''} ${ENTRY ?? ''}`;
      if (undo.has(key)) return answer('kept\n');
      undo.set(key, /ORIGINAL='([^']*)'/.exec(UNDO)?.[1] ?? '');
      return answer('registered\n');
    },
    'test/is-tuned': (machine) => answer('', setting.get(machine) === 'tuned' ? 0 : 1),
    'test/original': (machine) => answer(setting.get(machine) ?? 'as it was'),
    'test/verify': (machine) => answer('', setting.get(machine) === 'tuned' ? 0 : 1),
  };

  const begin = (machine: string, id: string, call: ScriptCall): Job => {
    const measures = call.script.name === 'warehouse/run';
    const other = [...jobs.values()].find((job) => job.script === 'warehouse/run' && !job.over);
    if (measures && other !== undefined) broken.push(`${id} began while ${other.id} ran`);
    if (measures && leases.size === 0) broken.push(`${id} began without the lease of its host`);
    const outputs: Record<string, string> = {};
    if (call.script.name === 'warehouse/compile') {
      compiled.add(machine);
      outputs.CLASSES = `/state/${machine}/classes`;
    }
    if (call.script.name === 'test/tune') setting.set(machine, 'tuned');
    const { log, end, endless } = measures ? world.course(id) : { log: `${call.script.name}\n` };
    const job: Job = {
      id,
      machine,
      script: call.script.name,
      log,
      over: false,
      end: end ?? over(log, 0, outputs),
    };
    if (endless === true) job.end = { state: 'absent' };
    jobs.set(id, job);
    starts.push(id);
    return job;
  };

  const world: World = {
    jobs,
    starts,
    broken,
    leases,
    setting,
    undo,
    course,
    onPoint: () => undefined,
    finish(id, { log, end }) {
      const job = jobs.get(id);
      if (job === undefined || end === undefined) throw new Error(`no such job to finish: ${id}`);
      Object.assign(job, { log: job.log + log, end });
    },
    transport: (machine) => ({
      machine,
      exec(call, options) {
        return step(`${call.script.name} on ${machine}`, () => {
          const run = scripts[call.script.name];
          if (run === undefined) throw new Error(fill('no fake of {name}', { name: call.script.name }));
          const values = Object.entries(call.parameters).map(([name, value]) => [name, String(value)]);
          return run(machine, Object.fromEntries(values) as Record<string, string>, options);
        });
      },
      identity: () =>
        Promise.resolve({ user: 'tester', uid: 1000, stateDirectory: `/state/${machine}`, bootId }),
      upload: (request) =>
        step(`upload to ${machine}`, () => ({
          path: `/state/${machine}/files/${request.name}`,
          sentBytes: request.size,
          resumedAt: 0,
        })),
      download: () => Promise.reject(lost(machine)),
      close: () => Promise.resolve(),
    }),
    jobsOf: (machine) => ({
      start: (job, call) =>
        step(`start ${job.id}`, () => {
          const state = jobs.has(job.id) ? 'exists' : 'started';
          if (state === 'started') begin(machine, job.id, call);
          return { state, pid, bootId };
        }),
      async follow(ref, { offset, onBytes, signal }) {
        const job = jobs.get(ref.id);
        if (job === undefined) return { state: 'absent' };
        const bytes = Buffer.from(job.log);
        const piece = Math.ceil(bytes.length / 2);
        for (let at = offset; at < bytes.length; at += piece) {
          await onBytes(bytes.subarray(at, Math.min(at + piece, bytes.length)));
          await world.onPoint(`bytes of ${ref.id}`);
        }
        while (job.end.state === 'absent') {
          if (signal.aborted) throw TransportError.of('cancelled', { machine });
          await new Promise((resolve) => setImmediate(resolve));
        }
        job.over = true;
        await world.onPoint(`end of ${ref.id}`);
        return job.end;
      },
      state: (ref) => Promise.resolve(stateOf(ref)),
      cancel: (ref) =>
        step(`cancel ${ref.id}`, () => {
          const job = jobs.get(ref.id);
          if (job?.end.state === 'absent') {
            job.end = over(job.log, 143);
            job.over = true;
          }
          return stateOf(ref);
        }),
      remove: (ref) => step(`remove ${ref.id}`, () => void stateOf(ref)),
    }),
  };

  const stateOf = (ref: JobRef): JobState => {
    const job = jobs.get(ref.id);
    if (job === undefined) return { state: 'absent' };
    return job.over ? job.end : { state: 'running', logBytes: job.log.length };
  };

  async function step<T>(label: string, effect: () => T): Promise<T> {
    const result = effect();
    await world.onPoint(label);
    return result;
  }
  return world;
}

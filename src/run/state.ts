import type { Side, StageId } from '../core/recipe/plan.ts';
import type { WorkloadResult } from '../core/workload/workload.ts';
import type { Failure, JobEnd, RunEvent, RunStatus, StepSummary, TrialStatus } from './events.ts';

export type StepStatus = 'waiting' | 'running' | 'skipped' | 'done' | 'failed' | 'lost' | 'cancelled';

export type JobRecord = {
  readonly id: string;
  readonly machine: string;
  readonly as: 'login' | 'root';
  /** Null until the target confirmed the start. */
  readonly started: { readonly pid: number; readonly bootId: string } | null;
  readonly end: JobEnd | null;
};

export type AttemptRecord = {
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly status: StepStatus;
  readonly failure: Failure | null;
  readonly job: JobRecord | null;
  /** Somebody wished the run's end while it ran: that its job was ended is no failure of the job. */
  readonly cancelRequested?: true;
};

export type StepRecord = StepSummary & {
  readonly segment: number;
  readonly status: StepStatus;
  readonly attempts: readonly AttemptRecord[];
};

export type TrialRecord = {
  readonly step: string;
  readonly side: Side;
  readonly round: number;
  readonly attempt: number;
  readonly machine: string;
  readonly status: TrialStatus;
  readonly failure: Failure | null;
  readonly configHash: string;
  readonly result: WorkloadResult | null;
  readonly startedAt: string;
  readonly endedAt: string;
};

export type SegmentRecord = {
  readonly segment: number;
  readonly file: string;
  readonly sha256: string;
  readonly stages: readonly StageId[];
  readonly quick: boolean;
  readonly retries: number;
  readonly at: string;
};

export type UndoRecord = {
  readonly machine: string;
  readonly resource: string;
  readonly lasts: 'volatile' | 'persistent';
  readonly registeredAt: string;
  readonly done: 'restored' | 'void' | null;
};

export type EnvironmentRecord = {
  readonly machine: string;
  readonly role: Side;
  readonly moment: 'before' | 'after';
  readonly file: string;
  readonly at: string;
};

/** What a run has come to: the journal, reduced. Every view (CLI, tree, notebook, report) reads this. */
export type RunState = {
  readonly run: string;
  readonly experiment: string;
  readonly createdAt: string;
  readonly lastEventAt: string;
  readonly status: RunStatus;
  readonly failure: Failure | null;
  readonly segments: readonly SegmentRecord[];
  readonly steps: ReadonlyMap<string, StepRecord>;
  readonly trials: readonly TrialRecord[];
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly environments: readonly EnvironmentRecord[];
  readonly undo: ReadonlyMap<string, UndoRecord>;
  /** Hosts whose lease this run holds. */
  readonly leases: ReadonlySet<string>;
  /** Machines whose connection is being made anew, since when. */
  readonly disconnected: ReadonlyMap<string, string>;
  readonly questions: ReadonlyMap<number, { readonly about: string; readonly machine: string }>;
  readonly report: string | null;
  readonly eventCount: number;
};

/**
 * The same, growing. `applyEvent` changes it in place: a journal of 10⁵ events would otherwise copy
 * its maps 10⁵ times. Whoever shows a state takes it as the read-only `RunState`.
 */
export type GrowingState = {
  -readonly [Key in keyof RunState]: RunState[Key] extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : RunState[Key] extends ReadonlySet<infer V>
      ? Set<V>
      : RunState[Key] extends readonly (infer V)[]
        ? V[]
        : RunState[Key];
};

export function emptyState(): GrowingState {
  return {
    run: '',
    experiment: '',
    createdAt: '',
    lastEventAt: '',
    status: 'created',
    failure: null,
    segments: [],
    steps: new Map(),
    trials: [],
    outputs: new Map(),
    environments: [],
    undo: new Map(),
    leases: new Set(),
    disconnected: new Map(),
    questions: new Map(),
    report: null,
    eventCount: 0,
  };
}

/** Reduces a whole journal. */
export function replay(events: Iterable<RunEvent>): RunState {
  const state = emptyState();
  for (const event of events) applyEvent(state, event);
  return state;
}

export function undoKey(machine: string, resource: string): string {
  return `${machine} ${resource}`;
}

/** The attempt that runs or ran last. */
export function lastAttempt(step: StepRecord): AttemptRecord | undefined {
  return step.attempts.at(-1);
}

function changeStep(state: GrowingState, id: string, status: StepStatus): void {
  const step = state.steps.get(id);
  if (step !== undefined) state.steps.set(id, { ...step, status });
}

function changeAttempt(
  state: GrowingState,
  at: { readonly step: string; readonly attempt: number },
  change: (attempt: AttemptRecord) => Partial<AttemptRecord>,
): void {
  const attempts = attemptsOf(state, at.step);
  const index = attempts.findLastIndex((record) => record.attempt === at.attempt);
  const record = attempts[index];
  if (record !== undefined) attempts[index] = { ...record, ...change(record) };
}

/** The attempts of a step, to be changed in place: a step that is repeated n times would otherwise copy them n² times. */
function attemptsOf(state: GrowingState, step: string): AttemptRecord[] {
  return (state.steps.get(step)?.attempts ?? []) as AttemptRecord[];
}

/** One event's effect. An event about a step that no segment introduced changes nothing. */
export function applyEvent(state: GrowingState, event: RunEvent): void {
  state.eventCount += 1;
  state.lastEventAt = event.at;
  switch (event.kind) {
    case 'journal':
      state.run = event.run;
      state.experiment = event.experiment;
      state.createdAt = event.at;
      return;
    case 'runner-started':
      state.status = 'running';
      state.failure = null;
      state.disconnected.clear();
      state.questions.clear();
      return;
    case 'runner-ended':
      state.status = event.status;
      state.failure = event.failure ?? null;
      state.questions.clear();
      state.disconnected.clear();
      return;
    case 'segment':
      state.segments.push({
        segment: event.segment,
        file: event.file,
        sha256: event.sha256,
        stages: event.stages,
        quick: event.quick,
        retries: event.retries,
        at: event.at,
      });
      for (const step of event.steps) {
        state.steps.set(step.id, { ...step, segment: event.segment, status: 'waiting', attempts: [] });
      }
      return;
    case 'step-started':
      attemptsOf(state, event.step).push({
        attempt: event.attempt,
        startedAt: event.at,
        endedAt: null,
        status: 'running',
        failure: null,
        job: null,
      });
      changeStep(state, event.step, 'running');
      return;
    case 'step-skipped':
    case 'step-ended': {
      const status = event.kind === 'step-skipped' ? 'skipped' : event.status;
      const failure = event.kind === 'step-skipped' ? null : (event.failure ?? null);
      changeAttempt(state, event, () => ({ status, failure, endedAt: event.at }));
      changeStep(state, event.step, status);
      return;
    }
    case 'job-intended':
      changeAttempt(state, event, () => ({
        job: { id: event.job, machine: event.machine, as: event.as, started: null, end: null },
      }));
      return;
    case 'job-started':
      changeAttempt(state, event, ({ job }) => ({
        job: job && { ...job, started: { pid: event.pid, bootId: event.bootId } },
      }));
      return;
    case 'job-ended':
      changeAttempt(state, event, ({ job }) => ({ job: job && { ...job, end: event.end } }));
      return;
    case 'outputs':
      state.outputs.set(event.step, event.values);
      return;
    case 'environment':
      state.environments.push({
        machine: event.machine,
        role: event.role,
        moment: event.moment,
        file: event.file,
        at: event.at,
      });
      return;
    case 'trial-ended':
      state.trials.push({
        step: event.step,
        side: event.side,
        round: event.round,
        attempt: event.attempt,
        machine: event.machine,
        status: event.status,
        failure: event.failure ?? null,
        configHash: event.configHash,
        result: event.result,
        startedAt: startOf(state, event.step, event.attempt) ?? event.at,
        endedAt: event.at,
      });
      return;
    case 'lease-acquired':
      state.leases.add(event.host);
      return;
    case 'lease-released':
      state.leases.delete(event.host);
      return;
    case 'undo-registered': {
      const key = undoKey(event.machine, event.resource);
      const before = state.undo.get(key);
      if (before?.done !== null) {
        state.undo.set(key, {
          machine: event.machine,
          resource: event.resource,
          lasts: event.lasts,
          registeredAt: event.at,
          done: null,
        });
      }
      return;
    }
    case 'undo-done': {
      const key = undoKey(event.machine, event.resource);
      const before = state.undo.get(key);
      if (before !== undefined) state.undo.set(key, { ...before, done: event.result });
      return;
    }
    case 'connection-lost':
      if (!state.disconnected.has(event.machine)) state.disconnected.set(event.machine, event.at);
      return;
    case 'connection-restored':
      state.disconnected.delete(event.machine);
      return;
    case 'question-asked':
      state.questions.set(event.id, { about: event.about, machine: event.machine });
      return;
    case 'question-answered':
      state.questions.delete(event.id);
      return;
    case 'report-written':
      state.report = event.file;
      return;
    case 'cancel-requested':
      for (const step of state.steps.values()) {
        const attempt = lastAttempt(step);
        if (attempt?.status !== 'running') continue;
        changeAttempt(state, { step: step.id, attempt: attempt.attempt }, () => ({ cancelRequested: true }));
      }
      return;
    case 'torn-line-dropped':
    case 'host-key-accepted':
      return;
  }
}

function startOf(state: GrowingState, step: string, attempt: number): string | undefined {
  return state.steps.get(step)?.attempts.findLast((record) => record.attempt === attempt)?.startedAt;
}

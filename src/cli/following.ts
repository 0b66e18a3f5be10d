import { open } from 'node:fs/promises';
import { durationText } from '../core/recipe/planText.ts';
import { workloads } from '../core/workload/adapters.ts';
import {
  type Answering,
  isDriving,
  joinRunner,
  type RunnerProgram,
  type Started,
  startRunner,
} from '../run/client.ts';
import { logFile, readSegments, type RunPaths } from '../run/directory.ts';
import type { RunEvent } from '../run/events.ts';
import { followJournal, readJournal } from '../run/journal.ts';
import type { LockHolder } from '../run/lock.ts';
import { applyEvent, emptyState, lastAttempt, type RunState } from '../run/state.ts';
import { eventLine } from './eventLine.ts';
import { answerRunner, isInteractive, say } from './terminal.ts';

const PROGRESS_EVERY_MS = 1000;
/** How often to look whether the runner lives: a local file and a local process. */
const LOOK_EVERY_MS = 1000;

/** The step that runs now. */
function currentStep(
  state: RunState,
): { readonly id: string; readonly attempt: number; readonly kind: string } | undefined {
  for (const step of state.steps.values()) {
    if (step.status === 'running')
      return { id: step.id, attempt: lastAttempt(step)?.attempt ?? 1, kind: step.kind };
  }
  return undefined;
}

/** Reads on in the local log of the running trial and says how far it is; asks no machine anything. */
function progressLine(paths: RunPaths, state: RunState): () => Promise<void> {
  let at = '';
  let offset = 0;
  let progress = workloads.warehouse.progress();
  return async () => {
    const step = currentStep(state);
    if (step?.kind !== 'measure') return;
    const file = logFile(paths, step.id, step.attempt);
    if (file !== at) [at, offset, progress] = [file, 0, workloads.warehouse.progress()];
    const handle = await open(file, 'r').catch(() => undefined);
    if (handle === undefined) return;
    try {
      const buffer = Buffer.alloc(256 * 1024);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      offset += bytesRead;
      progress = workloads.warehouse.feed(progress, buffer.toString('utf8', 0, bytesRead));
    } finally {
      await handle.close();
    }
    const { pointsDone, pointsTotal, warehouses, throughput, secondsLeft } = progress;
    if (pointsTotal === null) return;
    const left = secondsLeft === null ? '' : `, about ${durationText(secondsLeft)} left`;
    const now = throughput === null ? '' : `, ${throughput.toFixed(0)} ops/s`;
    process.stderr.write(
      `\r\x1b[K  point ${pointsDone + 1} of ${pointsTotal}, ${warehouses ?? '?'} warehouse(s)${now}${left}`,
    );
  };
}

/** What is shown of a run, from one start of a runner to its end. */
type Following = {
  readonly paths: RunPaths;
  readonly program: RunnerProgram;
  readonly signal: AbortSignal;
  /** Whether a person can be asked here. */
  readonly attendance: 'attended' | 'unattended';
};

export type FollowOptions = Omit<Following, 'attendance'> & {
  readonly answer?: Answering;
  readonly attendance?: Following['attendance'];
};

/**
 * Starts (or joins) the runner of a run and shows what it does until it ends, or dies. Aborting only stops the
 * showing. A run to which a plan was added too late for its runner is taken up once more.
 *
 * @returns the state in the end. @throws RunError what `startRunner` throws.
 */
export async function followRun(options: FollowOptions): Promise<RunState> {
  const { paths, signal, answer = answerRunner } = options;
  const attendance = options.attendance ?? (isInteractive() ? 'attended' : 'unattended');
  let segmentsBefore = -1;
  for (;;) {
    const { state, kind, before } = await followOnce({ ...options, attendance }, answer);
    if (signal.aborted) return state;
    // The runner that was joined had nothing left to do but go: what was wished for is not begun.
    if (kind === 'joined' && state.eventCount === before) continue;
    const isWhole =
      state.status !== 'completed' || state.segments.length >= (await readSegments(paths)).length;
    if (isWhole || state.segments.length === segmentsBefore) return state;
    segmentsBefore = state.segments.length;
  }
}

type Followed = { readonly state: RunState; readonly kind: Started['kind']; readonly before: number };

/** Aborts when the runner does not drive its run any more, however it ended. */
function watchRunner(paths: RunPaths, holder: LockHolder, ended: AbortController): () => void {
  const looking = setInterval(() => {
    void isDriving(paths, holder).then((driving) => {
      if (!driving) ended.abort();
    });
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(looking);
  };
}

async function followOnce(following: Following, answer: Answering): Promise<Followed> {
  const { paths, program, signal } = following;
  const before = (await readJournal(paths.journal)).events.length;
  const started = await startRunner(paths, program);
  const state = emptyState();
  const onEvents = (events: readonly RunEvent[]): void => {
    for (const event of events) {
      applyEvent(state, event);
      if (state.eventCount <= before) continue;
      const line = eventLine(event, state);
      if (line !== undefined) say(process.stderr.isTTY ? `\r\x1b[K${line}` : line);
      if (event.kind === 'runner-ended') ended.abort();
    }
  };
  const ended = new AbortController();
  if (started.kind !== 'ended') {
    const { holder } = started;
    const unwatch = watchRunner(paths, holder, ended);
    const link = await joinRunner(holder, (question, settled) =>
      answer(question, AbortSignal.any([signal, settled])),
    ).catch(() => undefined);
    if (following.attendance === 'attended' || started.kind === 'started') link?.attend(following.attendance);
    const showProgress = progressLine(paths, state);
    const ticking = process.stderr.isTTY
      ? setInterval(() => void showProgress().catch(() => undefined), PROGRESS_EVERY_MS)
      : undefined;
    try {
      await followJournal(paths.journal, onEvents, AbortSignal.any([signal, ended.signal]));
    } finally {
      clearInterval(ticking);
      unwatch();
      link?.close();
    }
  }
  // What was written between the last look and the end, or before there was a look at all.
  if (!signal.aborted) onEvents((await readJournal(paths.journal)).events.slice(state.eventCount));
  return { state, kind: started.kind, before };
}

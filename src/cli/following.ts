import { open } from 'node:fs/promises';
import { durationText } from '../core/recipe/planText.ts';
import { workloads } from '../core/workload/adapters.ts';
import { joinRunner, type Link, type RunnerProgram, startRunner } from '../run/client.ts';
import { logFile, type RunPaths } from '../run/directory.ts';
import { followJournal, readJournal } from '../run/journal.ts';
import { applyEvent, emptyState, lastAttempt, type RunState } from '../run/state.ts';
import { eventLine } from './eventLine.ts';
import { askTerminal, say } from './terminal.ts';

const PROGRESS_EVERY_MS = 1000;

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

/**
 * Starts (or joins) the runner of a run and shows what it does until it ends. Aborting only stops the showing.
 *
 * @returns the state in the end.
 */
export async function followRun(
  paths: RunPaths,
  program: RunnerProgram,
  signal: AbortSignal,
): Promise<RunState> {
  const before = (await readJournal(paths.journal)).events.length;
  const holder = await startRunner(paths, program);
  const link: Link = await joinRunner(holder, (question) => askTerminal(question, signal)).catch(
    () => noLink,
  );
  const state = emptyState();
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const showProgress = progressLine(paths, state);
  const ticking = process.stderr.isTTY
    ? setInterval(() => void showProgress().catch(() => undefined), PROGRESS_EVERY_MS)
    : undefined;
  // A runner that was killed writes no last event: its socket closes.
  void link.closed.then(() =>
    setTimeout(() => {
      ended.abort();
    }, PROGRESS_EVERY_MS),
  );
  try {
    await followJournal(
      paths.journal,
      (events) => {
        for (const event of events) {
          applyEvent(state, event);
          if (state.eventCount <= before) continue;
          const line = eventLine(event, state);
          if (line !== undefined) say(process.stderr.isTTY ? `\r\x1b[K${line}` : line);
          if (event.kind === 'runner-ended') ended.abort();
        }
      },
      stop,
    );
  } finally {
    clearInterval(ticking);
    link.close();
  }
  return state;
}

const noLink: Link = {
  cancel: () => undefined,
  close: () => undefined,
  closed: new Promise(() => undefined),
};

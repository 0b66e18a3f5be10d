import { durationText, planText } from '../../core/recipe/planText.ts';
import { activeRunner } from '../../run/client.ts';
import { describeFailure } from '../../run/describe.ts';
import { findRun, listRuns, readDescription, type RunPaths } from '../../run/directory.ts';
import { RunError } from '../../run/error.ts';
import { failureOf } from '../../run/execute/step.ts';
import { readJournal } from '../../run/journal.ts';
import { replay, type RunState } from '../../run/state.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { openSession, type CommonOptions } from '../session.ts';

/** What has become of a run; one whose runner died without a word is interrupted. */
async function statusWord(paths: RunPaths, state: RunState): Promise<string> {
  const active = (await activeRunner(paths)) !== null;
  if (state.questions.size > 0 && active) return 'waiting for an answer';
  if (active) return 'running';
  if (state.status === 'running' || state.status === 'created') return 'interrupted';
  return state.status;
}

function secondsLeft(state: RunState): number {
  return [...state.steps.values()]
    .filter((step) => step.status === 'waiting' || step.status === 'running')
    .reduce((sum, step) => sum + step.seconds, 0);
}

async function detail(paths: RunPaths): Promise<void> {
  const state = replay((await readJournal(paths.journal)).events);
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const word = await statusWord(paths, state);
  const left = secondsLeft(state);
  write(
    `${(await readDescription(paths)).run}  ${word}${left > 0 ? `, about ${durationText(left)} of work left` : ''}`,
  );
  if (state.failure !== null) write(`  ${describeFailure(state.failure)}`);
  for (const step of state.steps.values()) {
    write(`  ${step.status.padEnd(9)} ${step.id}  ${planText(step.title)}`);
    for (const attempt of step.attempts) {
      if (attempt.failure !== null)
        write(`            attempt ${attempt.attempt}: ${describeFailure(attempt.failure)}`);
    }
  }
  for (const trial of state.trials) {
    const { result } = trial;
    const score =
      result?.score == null ? 'no score' : `${result.score.toFixed(2)} ${result.metric}, ${result.label}`;
    write(`  ${trial.side} round ${trial.round}, attempt ${trial.attempt}: ${trial.status}, ${score}`);
  }
  for (const undo of state.undo.values()) {
    if (undo.done === null)
      write(`  still changed: ${undo.resource} on ${undo.machine} (kvm-parity restore)`);
  }
  for (const host of state.leases) write(`  holds the lease of ${host}`);
}

/** A run in one line; one that cannot be read says why, and hides no other. */
async function summary(root: string, id: string): Promise<string> {
  try {
    const paths = await findRun(root, id);
    const state = replay((await readJournal(paths.journal)).events);
    const done = [...state.steps.values()].filter(
      (step) => step.status === 'done' || step.status === 'skipped',
    ).length;
    const word = await statusWord(paths, state);
    return `${word}  ${done} of ${state.steps.size} steps, ${state.trials.length} trial(s)`;
  } catch (error) {
    if (RunError.is(error, 'run-not-found')) return 'no run: it has no run.json';
    return `not readable: ${describeFailure(failureOf(error))}`;
  }
}

/** `status [RUN]`: all runs, or one with its steps and trials. Asks no machine anything. */
export async function status(run: string | undefined, options: CommonOptions): Promise<ExitCode> {
  const session = await openSession(options);
  if (run !== undefined) {
    await detail(await findRun(session.root, run));
    return exitCodes.ok;
  }
  for (const id of await listRuns(session.root)) {
    process.stdout.write(`${id}  ${await summary(session.root, id)}\n`);
  }
  return exitCodes.ok;
}

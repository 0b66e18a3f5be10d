import { readFile, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Side } from '../../core/recipe/plan.ts';
import { approvalLines } from '../../core/recipe/planText.ts';
import {
  addSegment,
  createRun,
  findRun,
  listRuns,
  readDescription,
  readSegments,
  type RunDescription,
  type RunPaths,
} from '../../run/directory.ts';
import { describeFailure } from '../../run/describe.ts';
import { RunError } from '../../run/error.ts';
import { readJournal } from '../../run/journal.ts';
import { replay, type RunState } from '../../run/state.ts';
import { reportOf } from '../../run/report/write.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { followRun } from '../following.ts';
import { firstSegment, makePlan, type Placed, type PlanOptions } from '../planning.ts';
import { InputError, installation, openSession, PRODUCT_VERSION, type Session } from '../session.ts';
import { confirm, isInteractive, say } from '../terminal.ts';
import { reportExit, verdictLines } from '../verdict.ts';

/** Less free space than this is none. */
const FULL_BYTES = 64 * 1024;

export type RunOptions = PlanOptions & {
  readonly yes?: boolean;
  /** Resume: `true` for the latest run of the experiment, or a run's id. */
  readonly resume?: boolean | string;
  /** Add the plan to this run. */
  readonly into?: string;
};

/** `run EXPERIMENT`: plan, approval, then the runner as a process of its own, followed until it ends. */
export async function run(name: string, options: RunOptions, signal: AbortSignal): Promise<ExitCode> {
  checkOptions(options);
  const session = await openSession(options);
  const paths =
    options.resume === undefined
      ? await begin(session, { name, options }, signal)
      : await toResume(session, name, options.resume);
  say(`run ${(await readDescription(paths)).run} in ${paths.directory}`);
  const program = { node: process.execPath, cli: installation.cli, environment: {} };
  const state = await followRun({ paths, program, signal });
  return conclude(paths, state, signal);
}

/** Plans, asks for approval, writes the run's directory. @throws RunError `not-approved`. */
async function begin(
  session: Session,
  request: { readonly name: string; readonly options: RunOptions },
  signal: AbortSignal,
): Promise<RunPaths> {
  const { name, options } = request;
  const present = options.into === undefined ? null : await openRun(session, name, options.into);
  const placed = present === null ? firstSegment : await placeIn(present.paths);
  const ownRun = present?.description.run ?? null;
  // A run is of one inventory: what was edited since counts for new runs only.
  const { inventory, sshConfig } = present?.description ?? session;
  const planning = { ...session, inventory, sshConfig };
  const { plan } = await makePlan(planning, { name, options, placed, ownRun }, signal);
  say(`${plan.steps.length} steps for experiment ${name}; \`kvm-parity plan ${name}\` shows every command.`);
  for (const line of approvalLines(plan.approval)) say(line);
  if (options.yes !== true && !(isInteractive() && (await confirm('Start?', signal)))) {
    throw new RunError('not-approved');
  }
  const approvedAt = new Date().toISOString();
  const approvedBy = `${userInfo().username}, ${options.yes === true ? '--yes' : 'at the prompt'}`;
  if (present !== null) {
    await addSegment(present.paths, { segment: placed.segment, approvedAt, approvedBy, plan });
    return present.paths;
  }
  const what = { experiment: name, createdAt: approvedAt, product: PRODUCT_VERSION, inventory, sshConfig };
  return createRun(session.root, what, { approvedAt, approvedBy, plan });
}

/** A run goes on with the plans that it has. @throws InputError `option-invalid`. */
function checkOptions(options: RunOptions): void {
  if (options.resume === undefined) return;
  const given = { '--quick': options.quick, '--stage': options.stage, '--into': options.into };
  const other = Object.entries(given).find(([, value]) => value !== undefined && value !== false);
  if (other === undefined) return;
  throw new InputError('option-invalid', {
    option: `--resume with ${other[0]}`,
    detail: 'a run is resumed as it was planned; --into RUN adds stages to it',
  });
}

type OpenRun = { readonly paths: RunPaths; readonly description: RunDescription };

/** A run of this experiment. @throws RunError `run-not-found`. */
async function openRun(session: Session, experiment: string, wanted: string): Promise<OpenRun> {
  const paths = await findRun(session.root, wanted);
  const description = await readDescription(paths);
  if (description.experiment !== experiment) throw notOf(session, experiment, description.run);
  return { paths, description };
}

/** The next segment of a run that has some. */
async function placeIn(paths: RunPaths): Promise<Placed> {
  const segments = await readSegments(paths);
  const rounds = (side: Side): number =>
    segments
      .flatMap(({ plan }) => plan.steps)
      .reduce(
        (most, { action }) =>
          action.kind === 'measure' && action.trial.side === side ? Math.max(most, action.trial.round) : most,
        0,
      );
  return { segment: segments.length + 1, roundsDone: { host: rounds('host'), guest: rounds('guest') } };
}

/** The run to go on with: the one that is named, else the newest of the experiment. @throws RunError `run-not-found`, `nothing-to-resume`. */
async function toResume(session: Session, experiment: string, resume: boolean | string): Promise<RunPaths> {
  const { paths, description } =
    typeof resume === 'string'
      ? await openRun(session, experiment, resume)
      : await newestOf(session, experiment);
  const segments = await readSegments(paths);
  if (segments.length === 0) throw new InputError('run-without-plan', { run: description.run, experiment });
  const state = replay((await readJournal(paths.journal)).events);
  if (state.status === 'completed' && state.segments.length === segments.length) {
    throw new RunError('nothing-to-resume', { run: description.run, status: state.status });
  }
  return paths;
}

async function newestOf(session: Session, experiment: string): Promise<OpenRun> {
  for (const run of (await listRuns(session.root)).toReversed()) {
    try {
      return await openRun(session, experiment, run);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      if (error.reason !== 'run-not-found')
        say(`${run} is passed over: ${describeFailure({ reason: error.reason, data: error.data })}`);
    }
  }
  throw notOf(session, experiment, 'latest');
}

function notOf(session: Session, experiment: string, run: string): RunError {
  return new RunError('run-not-found', {
    run: `${run}" of experiment "${experiment}`,
    directory: session.root,
    matches: 0,
  });
}

/** Why a runner ended without a word in the journal: its own log, or a disk on which nothing could be written. */
async function runnersLastWords(paths: RunPaths): Promise<string> {
  const { bavail, bsize } = await statfs(paths.directory);
  if (bavail * bsize < FULL_BYTES)
    return describeFailure({ reason: 'controller-disk-full', data: { file: paths.journal } });
  const log = await readFile(paths.runnerLog, 'utf8').catch(() => '');
  return log.trim().split('\n').at(-1) || 'its runner died';
}

async function conclude(paths: RunPaths, state: RunState, signal: AbortSignal): Promise<ExitCode> {
  if (state.status !== 'completed') {
    say(
      signal.aborted
        ? `The run goes on without this terminal. \`kvm-parity status\` shows it, \`kvm-parity cancel ${state.run}\` ends it.`
        : `The run is not complete (${state.status === 'running' ? await runnersLastWords(paths) : state.status}). \`kvm-parity run ${state.experiment} --resume\` goes on with it.`,
    );
    return signal.aborted ? exitCodes.interrupted : exitCodes.failed;
  }
  if (state.trials.length === 0) return exitCodes.ok;
  const report = await reportOf(paths, await readDescription(paths), state);
  for (const line of verdictLines(report)) say(line);
  if (state.report !== null) process.stdout.write(`${paths.directory}/${state.report}\n`);
  return reportExit(report);
}

import { joinableRunner, joinRunner } from '../../run/client.ts';
import { describeFailure } from '../../run/describe.ts';
import { findRun, readDescription, type RunPaths } from '../../run/directory.ts';
import { RunError } from '../../run/error.ts';
import { readJournal } from '../../run/journal.ts';
import { openJobs } from '../../run/restore.ts';
import { replay, type RunState } from '../../run/state.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { openSession, type CommonOptions } from '../session.ts';
import { say } from '../terminal.ts';

export type CancelOptions = CommonOptions & { readonly detach?: boolean };

/** Whether the runner that is at it was told to end the run before. */
export async function wasCancelled(paths: RunPaths): Promise<boolean> {
  const { events } = await readJournal(paths.journal);
  const last = (kind: string): number => events.findLastIndex((event) => event.kind === kind);
  return last('cancel-requested') > last('runner-started');
}

/** How a run stands after its runner has gone, and what it left. */
export function cancelledLines(state: RunState): readonly string[] {
  const word = state.status === 'running' ? 'interrupted: its runner died' : state.status;
  const why =
    state.failure === null || state.failure.reason === 'cancelled'
      ? ''
      : `: ${describeFailure(state.failure)}`;
  return [
    `run ${state.run}: ${word}${why}`,
    ...openJobs(state).map(({ job, machine }) => `  may still run: ${job} on ${machine}`),
    ...[...state.leases].map((host) => `  still holds the lease of ${host}`),
    ...(state.status === 'completed' || openJobs(state).length + state.leases.size === 0
      ? []
      : [
          `\`kvm-parity run ${state.experiment} --resume\` goes on with it, \`kvm-parity restore\` ends it there.`,
        ]),
  ];
}

/**
 * `cancel RUN`: ends the current job and the run, in order; it can be resumed. Where that was wished for before (the
 * machine may be out of reach), or with `--detach`, only the runner ends.
 */
export async function cancel(run: string, options: CancelOptions, signal: AbortSignal): Promise<ExitCode> {
  const session = await openSession(options);
  const paths = await findRun(session.root, run);
  const holder = await joinableRunner(paths);
  if (holder === null) {
    const { run: id } = await readDescription(paths);
    throw new RunError('nothing-to-resume', { run: id, status: 'no runner' });
  }
  const detach = options.detach === true || (await wasCancelled(paths));
  // Questions stay open for whoever follows the run.
  const link = await joinRunner(holder, () => Promise.resolve(undefined)).catch((cause: unknown) => {
    throw new RunError('runner-silent', { log: paths.runnerLog }, { cause });
  });
  if (detach) link.detach();
  else link.cancel();
  const stopWaiting = (): void => {
    link.close();
  };
  signal.addEventListener('abort', stopWaiting);
  await link.closed;
  if (signal.aborted) {
    say(`It was told so and is still at it. \`kvm-parity cancel ${run}\` once more ends its runner alone.`);
    return exitCodes.interrupted;
  }
  const state = replay((await readJournal(paths.journal)).events);
  for (const line of cancelledLines(state)) say(line);
  return state.status === 'failed' || state.status === 'running' ? exitCodes.failed : exitCodes.ok;
}

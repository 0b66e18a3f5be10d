import { activeRunner, joinRunner } from '../../run/client.ts';
import { findRun, readDescription } from '../../run/directory.ts';
import { RunError } from '../../run/error.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { openSession, type CommonOptions } from '../session.ts';
import { say } from '../terminal.ts';

/** `cancel RUN`: ends the current job and the run, in order; it can be resumed. */
export async function cancel(run: string, options: CommonOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const paths = await findRun(session.root, run);
  const holder = await activeRunner(paths);
  if (holder === null) {
    const { run: id } = await readDescription(paths);
    throw new RunError('nothing-to-resume', { run: id, status: 'no runner' });
  }
  // Questions stay open for whoever follows the run.
  const link = await joinRunner(holder, () => new Promise(() => undefined));
  link.cancel();
  await link.closed;
  say('cancelled');
  return exitCodes.ok;
}

import { describeFailure } from '../../run/describe.ts';
import { findRun } from '../../run/directory.ts';
import { failureOf } from '../../run/execute/step.ts';
import { readJournal } from '../../run/journal.ts';
import { openJobs, restoreMachines, restoreRun, type RestoredMachine } from '../../run/restore.ts';
import { replay } from '../../run/state.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { InputError, machinesOf, openSession, reachingFrom, type CommonOptions } from '../session.ts';
import { confirm, isInteractive, say } from '../terminal.ts';

export type RestoreOptions = CommonOptions & {
  /** Restore these machines, whatever run changed them; no journal is needed. */
  readonly machine?: readonly string[];
  readonly yes?: boolean;
};

function show(results: readonly RestoredMachine[]): ExitCode {
  let whole = true;
  for (const { machine, entries, detail, error } of results) {
    for (const { resource, result } of entries) say(`${machine}: ${resource}: ${result}`);
    if (entries.length === 0 && error === null) say(`${machine}: nothing to restore`);
    if (error !== null) say(`${machine}: ${describeFailure(failureOf(error))}`);
    if (entries.some(({ result }) => result === 'failed')) say(detail);
    whole &&= error === null && entries.every(({ result }) => result !== 'failed');
  }
  return whole ? exitCodes.ok : exitCodes.failed;
}

/** `restore [RUN]`: takes back what a run changed, also after a crash, also twice. */
export async function restore(
  run: string | undefined,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const session = await openSession(options);
  if (options.machine !== undefined) {
    const machines = machinesOf(session);
    try {
      return show(
        await restoreMachines({ inventory: session.inventory, machines, signal }, '', options.machine),
      );
    } finally {
      await machines.close();
    }
  }
  const paths = await findRun(session.root, run ?? 'latest');
  const open = openJobs(replay((await readJournal(paths.journal)).events));
  if (open.length > 0) {
    const jobs = open.map(({ job, machine }) => `${job} on ${machine}`).join(', ');
    const allowed =
      options.yes === true || (isInteractive() && (await confirm(`Restoring ends ${jobs}. Go on?`, signal)));
    if (!allowed)
      throw new InputError('option-invalid', {
        option: 'restore',
        detail: `${jobs} may still run; --yes ends it`,
      });
  }
  return show(await restoreRun({ paths, signal, ...reachingFrom(session) }));
}

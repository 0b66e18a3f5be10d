import { describeFailure } from '../../run/describe.ts';
import { findRun, readDescription } from '../../run/directory.ts';
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
  for (const { machine, entries, detail, lease, error } of results) {
    if (lease?.state === 'released') say(`${machine}: its lease was given back`);
    if (lease?.state === 'kept') {
      say(
        `${machine}: run ${lease.run} holds it and may be measuring; if it is gone, --machine ${machine} --yes gives the host back`,
      );
    }
    for (const { resource, result } of entries) say(`${machine}: ${resource}: ${result}`);
    if (entries.length === 0 && error === null && lease?.state !== 'released')
      say(`${machine}: nothing to restore`);
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
        await restoreMachines(
          { inventory: session.inventory, machines, signal, force: options.yes === true },
          '',
          options.machine,
        ),
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
  // Its machines are reached as the run reached them, unless something else is said now.
  const sshConfig = session.sshConfig ?? (await readDescription(paths)).sshConfig;
  return show(await restoreRun({ paths, signal, ...reachingFrom({ sshConfig }) }));
}

import { readFacts, summaryLines } from '../../core/facts/facts.ts';
import { findMachine } from '../../run/machines.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { firstDomain, InputError, openSession, probeAll, type CommonOptions } from '../session.ts';

export type ProbeOptions = CommonOptions & { readonly json?: boolean };

/** `probe [MACHINE…]`: everything that the machines say of themselves. */
export async function probe(
  names: readonly string[],
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const session = await openSession(options);
  const all = Object.values(session.inventory.hosts).flatMap((host) => [
    host.name,
    ...Object.keys(host.guests),
  ]);
  const unknown = names.find((name) => findMachine(session.inventory, name) === undefined);
  if (unknown !== undefined)
    throw new InputError('machine-unknown', { machine: unknown, known: all.join(', ') });
  const wanted = names.length === 0 ? all : names;
  const environments = await probeAll(session, wanted, {
    domainOf: (name) => firstDomain(session, name),
    ownRun: null,
    signal,
  });
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify(environments.length === 1 ? environments[0] : environments, null, 2)}\n`,
    );
    return exitCodes.ok;
  }
  for (const environment of environments) {
    process.stdout.write(`${environment.machine} (${environment.role}, ${environment.takenAt ?? ''})\n`);
    for (const { key, text } of summaryLines(readFacts(environment)))
      process.stdout.write(`  ${key.padEnd(36)} ${text}\n`);
  }
  return exitCodes.ok;
}

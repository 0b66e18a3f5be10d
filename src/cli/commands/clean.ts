import { CodedError } from '../../core/error.ts';
import { describeFailure } from '../../run/describe.ts';
import { failureOf } from '../../run/execute/step.ts';
import { refuseWhileMeasured } from '../../run/lease/look.ts';
import { findMachine } from '../../run/machines.ts';
import { cleanMachine } from '../../run/restore.ts';
import type { RunAs } from '../../remote/transport.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { InputError, machinesOf, openSession, type CommonOptions } from '../session.ts';
import { say } from '../terminal.ts';

/** `clean [MACHINE…]`: removes our files from the machines, never what is still needed to restore them. */
export async function clean(
  names: readonly string[],
  options: CommonOptions & { readonly force?: boolean },
  signal: AbortSignal,
): Promise<ExitCode> {
  const session = await openSession(options);
  const all = Object.values(session.inventory.hosts).flatMap((host) => [
    ...Object.keys(host.guests),
    host.name,
  ]);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new InputError('machine-unknown', { machine: unknown, known: all.join(', ') });
  const machines = machinesOf(session);
  const wanted = names.length === 0 ? all : names;
  let whole = true;
  try {
    await refuseWhileMeasured({ machines, inventory: session.inventory, signal }, wanted, null);
    for (const name of wanted) {
      const identities: readonly RunAs[] =
        findMachine(session.inventory, name)?.become === 'sudo' ? ['root', 'login'] : ['login'];
      for (const as of identities) {
        try {
          say(
            `${name}: ${await cleanMachine(machines.get(name), { as, force: options.force === true }, signal)} bytes freed`,
          );
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          whole = false;
          say(`${name}: ${describeFailure(failureOf(error))}`);
        }
      }
    }
  } finally {
    await machines.close();
  }
  return whole ? exitCodes.ok : exitCodes.failed;
}

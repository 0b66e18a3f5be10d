import { exitCodes, type ExitCode } from '../exit.ts';
import { openSession } from '../session.ts';
import { say } from '../terminal.ts';

/** `check FILE`: problems with line and column on standard error. */
export async function check(file: string): Promise<ExitCode> {
  const { inventory } = await openSession({ inventory: file });
  const hosts = Object.values(inventory.hosts);
  const guests = hosts.reduce((sum, host) => sum + Object.keys(host.guests).length, 0);
  say(
    `${file}: sound: ${hosts.length} host(s), ${guests} guest(s), ${Object.keys(inventory.experiments).length} experiment(s)`,
  );
  return exitCodes.ok;
}

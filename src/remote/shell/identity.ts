import type { ErrorData } from '../../core/error.ts';
import { TransportError } from '../error.ts';
import type { Identity } from '../transport.ts';

/** Reads what `hello.sh` printed. @throws TransportError `not-linux`, `state-directory`, `answer-not-understood` */
export function parseHello(machine: string, output: string): Identity {
  const [, system] = /^not-linux (.*)\n$/.exec(output) ?? [];
  if (system !== undefined) throw TransportError.of('not-linux', { machine, system });
  const [, why, path] = /^refused ([a-z-]+) ([^]*)\n$/.exec(output) ?? [];
  if (why !== undefined && path !== undefined) {
    throw TransportError.of('state-directory', { machine, why, path } satisfies ErrorData);
  }
  // The directory comes last: a path may hold anything, line ends too.
  const [, uid, user, bootId, stateDirectory] =
    /^uid (\d+)\nuser (.+)\nboot ([0-9a-f-]{36})\ndirectory (\/[^]*)\n$/.exec(output) ?? [];
  if (!uid || !user || !bootId || !stateDirectory) {
    throw TransportError.of('answer-not-understood', { machine, text: output.slice(0, 500) });
  }
  return { uid: Number(uid), user, bootId, stateDirectory };
}

import { firstKnown, understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** uname(1). From `uname -r` alone only the release is known. */
export type Kernel = {
  /** `5.3.0-693_44` */
  readonly release: string;
  /** `#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)` */
  readonly version: string | null;
  /** `x86_64` */
  readonly machine: string | null;
  readonly hostname: string | null;
};

/** Machine, processor and hardware platform, as `uname -a` ends with. */
const MACHINE =
  /^(?:x86_64|i[3-6]86|athlon|aarch64|arm\w*|ppc\w*|s390x?|riscv\w*|loongarch64|mips\w*|sparc\w*|alpha|unknown)$/;

/** Reads the one line of `uname -a`, or of `uname -r`. */
export function parseUname(text: string): Kernel {
  const kind = 'uname';
  const expected = 'the output of uname -a or uname -r';
  const found = onlyLine(text, kind, expected);
  const refuse = (): Error => notUnderstood({ kind, line: 1, found, expected });
  const words = found.split(' ');
  if (words.length === 1) {
    if (!/^\d+\.\d+\S*$/.test(found)) throw refuse();
    return { release: found, version: null, machine: null, hostname: null };
  }
  const [system, host, release] = words;
  const rest = words.slice(3);
  if (rest.at(-1) === 'GNU/Linux' || rest.at(-1) === 'Linux') rest.pop();
  const names: string[] = [];
  while (names.length < 3 && MACHINE.test(rest.at(-1) ?? '')) names.unshift(rest.pop() ?? '');
  const version = rest.join(' ');
  const [machine] = names;
  if (system !== 'Linux' || release === undefined || host === undefined) throw refuse();
  if (machine === undefined || !version.startsWith('#')) throw refuse();
  return { release, version, machine, hostname: host };
}

export const kernel: FactSpec<Kernel> = {
  read: (answers) => {
    const release = understood(answers.output('uname -r'), parseUname);
    return firstKnown(understood(answers.output('uname -a'), parseUname), release);
  },
  keys: ['kernel.release', 'kernel.version', 'kernel.machine'],
  summarise: ({ release, version, machine }) => [
    ['kernel.release', release],
    ['kernel.version', version],
    ['kernel.machine', machine],
  ],
};

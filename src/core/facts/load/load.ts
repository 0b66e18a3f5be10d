import { firstKnown, understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { valueOf } from '../fact.ts';
import { onlyLine, wholeNumber } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** Seconds that all CPUs together spent since boot: proc(5), /proc/stat. `guest` is counted in `user` too. */
export type CpuTimes = {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  /** Taken by a hypervisor for others. Null on kernels that do not count it. */
  readonly steal: number | null;
  readonly guest: number | null;
};

function parseCpuTimes(text: string, ticksPerSecond: number): CpuTimes {
  const kind = 'stat';
  const expected = '"cpu" and at least seven numbers, first line of /proc/stat';
  const found = text.split('\n')[0] ?? '';
  const [name, ...words] = found.trim().split(/\s+/);
  const seconds = words.map((word) => {
    const ticks = wholeNumber(word);
    if (ticks === undefined) throw notUnderstood({ kind, line: 1, found, expected });
    return ticks / ticksPerSecond;
  });
  const [user, nice, system, idle, iowait, irq, softirq, steal, guest] = seconds;
  if (
    name !== 'cpu' ||
    user === undefined ||
    nice === undefined ||
    system === undefined ||
    idle === undefined
  ) {
    throw notUnderstood({ kind, line: 1, found, expected });
  }
  if (iowait === undefined || irq === undefined || softirq === undefined) {
    throw notUnderstood({ kind, line: 1, found, expected });
  }
  return { user, nice, system, idle, iowait, irq, softirq, steal: steal ?? null, guest: guest ?? null };
}

export const cpuTimes: FactSpec<CpuTimes> = {
  read: (answers) => {
    const ticks = understood(answers.output('getconf CLK_TCK'), (text) => wholeNumber(text.trim()));
    // 100 on every architecture that runs KVM (USER_HZ).
    const ticksPerSecond = valueOf(ticks) ?? 100;
    return understood(
      firstKnown(answers.output('head -n 1 /proc/stat', 'head -1 /proc/stat'), answers.file('/proc/stat')),
      (text) => parseCpuTimes(text, ticksPerSecond || 100),
    );
  },
  keys: [],
  summarise: () => [],
};

/** Mean number of running processes over 1, 5 and 15 minutes: proc(5), /proc/loadavg. */
export type LoadAverage = { readonly one: number; readonly five: number; readonly fifteen: number };

export const loadAverage: FactSpec<LoadAverage> = {
  read: (answers) =>
    understood(answers.file('/proc/loadavg'), (text) => {
      const found = onlyLine(text, 'loadavg', 'three numbers');
      const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) \d+\/\d+ \d+$/.exec(found);
      if (match === null) throw notUnderstood({ kind: 'loadavg', line: 1, found, expected: 'five fields' });
      return { one: Number(match[1]), five: Number(match[2]), fifteen: Number(match[3]) };
    }),
  keys: [],
  summarise: () => [],
};

import { understood } from '../answers.ts';
import { formatCpuList, parseCpuList } from '../cpuList.ts';
import { unavailable, valueOf, type Fact } from '../fact.ts';
import type { FactSpec } from '../spec.ts';

/** CPU numbers as the kernel has them: Documentation/admin-guide/cputopology.rst. */
export type Cpus = {
  readonly present: readonly number[];
  readonly online: readonly number[];
  /** Present and not online. */
  readonly offline: readonly number[];
  /** Kept from the scheduler by isolcpus=; null where the kernel does not say. */
  readonly isolated: readonly number[] | null;
  /** `on`, `off`, `forceoff`, `notsupported` …; null where the kernel does not say. */
  readonly smtControl: string | null;
};

export const cpus: FactSpec<Cpus> = {
  read: (answers) => {
    const list = (name: string): Fact<number[]> =>
      understood(answers.file(`/sys/devices/system/cpu/${name}`), (text) =>
        parseCpuList(text, { kind: `cpu/${name}`, line: 1 }),
      );
    const online = list('online');
    const present = list('present');
    const isolated = valueOf(list('isolated')) ?? null;
    const smt = valueOf(answers.file('/sys/devices/system/cpu/smt/control'))?.trim() ?? null;
    // `offline` of the kernel counts CPUs that could be plugged in too; only those that are there are meant.
    answers.file('/sys/devices/system/cpu/offline');
    answers.file('/sys/devices/system/cpu/smt/active');
    if (present.state === 'unavailable') return present;
    if (online.state === 'known' && online.value.length === 0) {
      return unavailable('not-understood', 'no CPU is online, and yet it answers');
    }
    return understood(online, (running) => ({
      present: present.value,
      online: running,
      offline: present.value.filter((cpu) => !running.includes(cpu)),
      isolated,
      smtControl: smt,
    }));
  },
  keys: ['cpu.online', 'cpu.offline'],
  summarise: ({ online, offline, isolated, smtControl }) => [
    ['cpu.online', formatCpuList(online)],
    ['cpu.offline', formatCpuList(offline)],
    ['cpu.isolated', isolated === null ? null : formatCpuList(isolated)],
    ['cpu.smt', smtControl],
  ],
};

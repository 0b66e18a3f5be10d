import { firstKnown, understood, type Answers, type FileAnswer } from '../answers.ts';
import { formatCpuList } from '../cpuList.ts';
import { notUnderstood } from '../error.ts';
import { valueOf } from '../fact.ts';
import { parseNumber } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** CPUs with the same frequency policy. Frequencies in hertz. Documentation/admin-guide/pm/cpufreq.rst. */
export type FrequencyPolicy = {
  readonly cpus: readonly number[];
  readonly driver: string;
  readonly governor: string;
  readonly minHertz: number;
  readonly maxHertz: number;
};

const FREQUENCY =
  /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/cpufreq\/scaling_(driver|governor|min_freq|max_freq)$/;

function policies(files: readonly FileAnswer[]): readonly FrequencyPolicy[] {
  const byCpu = new Map<number, Record<string, string>>();
  for (const { path, text } of files) {
    const [, cpu, name] = FREQUENCY.exec(path) ?? [];
    const values = byCpu.get(Number(cpu)) ?? {};
    values[name ?? ''] = text.trim();
    byCpu.set(Number(cpu), values);
  }
  const groups = new Map<string, { cpus: number[]; values: Record<string, string> }>();
  for (const [cpu, values] of [...byCpu].sort(([a], [b]) => a - b)) {
    const key = JSON.stringify([values.driver, values.governor, values.min_freq, values.max_freq]);
    const group = groups.get(key) ?? { cpus: [], values };
    groups.set(key, group);
    group.cpus.push(cpu);
  }
  return [...groups.values()].map(({ cpus, values: { driver, governor, min_freq: min, max_freq: max } }) => {
    if (driver === undefined || governor === undefined || min === undefined || max === undefined) {
      const found = `CPUs ${formatCpuList(cpus)}`;
      throw notUnderstood({
        kind: 'cpufreq',
        line: 1,
        found,
        expected: 'driver, governor, min_freq and max_freq',
      });
    }
    return {
      cpus,
      driver,
      governor,
      minHertz: parseNumber(min, 'cpufreq') * 1000,
      maxHertz: parseNumber(max, 'cpufreq') * 1000,
    };
  });
}

export const frequency: FactSpec<readonly FrequencyPolicy[]> = {
  read: (answers) => understood(answers.files(FREQUENCY), policies),
  keys: ['cpufreq.driver', 'cpufreq.governor', 'cpufreq.range'],
  summarise: (all) => {
    const each = (text: (policy: FrequencyPolicy) => string): string =>
      new Set(all.map(text)).size === 1
        ? all.slice(0, 1).map(text).join()
        : all.map((policy) => `${formatCpuList(policy.cpus)}: ${text(policy)}`).join('; ');
    return [
      ['cpufreq.driver', each(({ driver }) => driver)],
      ['cpufreq.governor', each(({ governor }) => governor)],
      ['cpufreq.range', each(({ minHertz, maxHertz }) => `${minHertz / 1e6} to ${maxHertz / 1e6} MHz`)],
    ];
  },
};

/** Whether the CPU may run faster than its nominal frequency. */
export const turbo: FactSpec<'on' | 'off'> = {
  read: (answers) => {
    const state = (path: string, on: number) =>
      understood(answers.file(path), (text) =>
        parseNumber(text, 'turbo') === on ? ('on' as const) : ('off' as const),
      );
    return firstKnown(
      state('/sys/devices/system/cpu/intel_pstate/no_turbo', 0),
      state('/sys/devices/system/cpu/cpufreq/boost', 1),
    );
  },
  keys: ['cpufreq.turbo'],
  summarise: (value) => [['cpufreq.turbo', value]],
};

/** Idle states: Documentation/admin-guide/pm/cpuidle.rst. */
export type Idle = {
  readonly driver: string;
  readonly governor: string | null;
  /** Deepest state that intel_idle may use; null where that driver is not there. */
  readonly intelMaxCstate: number | null;
};

function readIdle(answers: Answers): ReturnType<FactSpec<Idle>['read']> {
  const root = '/sys/devices/system/cpu/cpuidle';
  const governor = firstKnown(
    answers.file(`${root}/current_governor`),
    answers.file(`${root}/current_governor_ro`),
  );
  const cstate = understood(answers.file('/sys/module/intel_idle/parameters/max_cstate'), (text) =>
    parseNumber(text, 'max_cstate'),
  );
  return understood(answers.file(`${root}/current_driver`), (driver) => ({
    driver: driver.trim(),
    governor: valueOf(governor)?.trim() ?? null,
    intelMaxCstate: valueOf(cstate) ?? null,
  }));
}

export const idle: FactSpec<Idle> = {
  read: readIdle,
  keys: ['cpuidle.driver', 'cpuidle.governor'],
  summarise: ({ driver, governor, intelMaxCstate }) => [
    ['cpuidle.driver', driver],
    ['cpuidle.governor', governor],
    ['cpuidle.intelMaxCstate', intelMaxCstate === null ? null : String(intelMaxCstate)],
  ],
};

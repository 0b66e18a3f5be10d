import type { Experiment } from '../inventory/inventory.ts';
import type { SettingLine } from './input.ts';

/** The settings of an experiment that a reader of its numbers needs. `workload`: as it was used, quick or not. */
export function settingLines(
  experiment: Experiment,
  workload: Experiment['workload'] = experiment.workload,
): readonly SettingLine[] {
  const { repeat } = experiment;
  return [
    ['host', experiment.host],
    ['guest', experiment.guest],
    ['workload', workload.kind],
    [
      'warehouses (N)',
      workload.warehouses === 'auto' ? 'auto: online CPUs of the guest' : String(workload.warehouses),
    ],
    ['warm-up of each point', `${workload.rampSeconds} s`],
    ['measured time of each point', `${workload.measureSeconds} s`],
    ['Java options', workload.java.join(' ') || 'none'],
    ['trials per side', String(repeat.trials)],
    ['reboot before each trial', repeat.rebootEach ? 'yes' : 'no'],
    ['repeats of a failed trial', `at most ${repeat.retries}`],
  ].map(([key = '', text = '']) => ({ key, text }));
}

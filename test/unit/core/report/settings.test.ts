import { expect, test } from 'vitest';
import type { Experiment } from '../../../../src/core/inventory/inventory.ts';
import { settingLines } from '../../../../src/core/report/settings.ts';

test('the settings of an experiment are lines for people, with the workload as it was used', () => {
  const experiment: Experiment = {
    name: 'overhead',
    host: 'r1',
    guest: 'vm1',
    placement: 'recipe',
    memory: 'node-local',
    workload: {
      kind: 'warehouse',
      warehouses: 'auto',
      rampSeconds: 30,
      measureSeconds: 240,
      java: ['-Xms1g', '-Xmx1g'],
    },
    repeat: { trials: 5, order: 'abba', rebootEach: false, retries: 1 },
  };
  const used = { ...experiment.workload, warehouses: 4, measureSeconds: 0.5 };
  const texts = settingLines(experiment, used).map(({ key, text }) => `${key}: ${text}`);
  expect(texts).toContain('warehouses (N): 4');
  expect(texts).toContain('measured time of each point: 0.5 s');
  expect(texts).toContain('Java options: -Xms1g -Xmx1g');
  expect(settingLines(experiment).map(({ text }) => text)).toContain('auto: online CPUs of the guest');
});

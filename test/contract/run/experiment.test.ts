import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { twoMachines, runFile, type TwoMachines } from '../../support/experiment.ts';

describe('an ABBA experiment of 2 × 2 trials on two real sshds', () => {
  let lab: TwoMachines;
  beforeAll(async () => {
    lab = await twoMachines();
  });
  afterAll(() => lab.stop());

  it('is one command that ends with a report', async () => {
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.stderr).toContain('run completed');
    expect(result.exitCode).toBe(0);
    const state = await lab.state();
    expect(state.trials.map(({ side, round, status }) => `${side} ${round} ${status}`)).toEqual([
      'host 1 ok',
      'guest 1 ok',
      'guest 2 ok',
      'host 2 ok',
    ]);
    expect(new Set(state.trials.map(({ configHash }) => configHash)).size).toBe(1);
    const html = await runFile(lab, 'report.html');
    expect(html).toContain('warehouse ops/s');
    expect(result.stdout.trim()).toBe(`${await lab.latest()}/report.html`);
  });
});

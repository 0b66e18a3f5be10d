import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/run/events.ts';
import { twoMachines, type TwoMachines } from '../../support/experiment.ts';
import { eventually } from '../../support/sshd.ts';

let lab: TwoMachines;
afterEach(() => lab.stop());

const trialRuns =
  (step: string) =>
  (events: readonly RunEvent[]): boolean =>
    events.some((event) => event.kind === 'job-started' && event.step.includes(step));

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

describe('a host on which a run measures', () => {
  it('is left alone by other commands until the run has given it back', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--yes');
    await lab.until('the first trial runs', trialRuns('host-trial-1'));
    for (const words of [
      ['probe', 'vm1'],
      ['plan', 'loopback'],
      ['clean', 'r1'],
      ['run', 'loopback', '--yes'],
    ]) {
      const refused = await lab.cli(...words);
      expect(refused.stderr).toContain('[lease-held]');
      expect(refused.exitCode).not.toBe(0);
    }
    expect((await lab.cli('cancel', 'latest')).exitCode).toBe(0);
    await running;
    expect(await exists(join(lab.stateOf.host, 'lease'))).toBe(false);
    expect((await lab.cli('probe', 'vm1')).exitCode).toBe(0);
  });
});

describe('a result that nobody fetched yet', () => {
  it('is not cleaned away, and a resumed run still gets it', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the guest is measured', trialRuns('guest-trial-1'));
    await lab.killRunner();
    await running;
    const job = join(lab.stateOf.guest, 'jobs', `${(await lab.state()).run}-1.08-measure-guest-trial-1-1`);
    await eventually('the job has ended', () => exists(join(job, 'status')), 60);
    const refused = await lab.cli('clean', 'vm1');
    expect(refused.exitCode).toBe(1);
    expect(await exists(job)).toBe(true);
    expect((await lab.cli('run', 'loopback', '--resume')).exitCode).toBe(0);
    expect(
      (await lab.state()).trials.map(({ side, attempt, status }) => `${side} ${attempt} ${status}`),
    ).toEqual(['host 1 ok', 'guest 1 ok']);
  });
});

describe('restoring a run whose guest cannot be reached', () => {
  it('gives the host back all the same and says what is left', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the guest is measured', trialRuns('guest-trial-1'));
    await lab.killRunner();
    await running;
    await lab.guest.halt();
    const restored = await lab.cli('restore', '--yes');
    expect(restored.exitCode).toBe(1);
    expect(restored.stderr).toMatch(/vm1: /);
    expect(restored.stderr).toContain('r1: its lease was given back');
    expect(await exists(join(lab.stateOf.host, 'lease'))).toBe(false);
  });
});

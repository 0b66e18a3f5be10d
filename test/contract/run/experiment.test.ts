import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeUsers, makeUser, type TestUser } from '../../support/users.ts';
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

describe('an experiment on this machine as the host', () => {
  let lab: TwoMachines;
  beforeAll(async () => {
    lab = await twoMachines({ trials: 1, order: 'blocked', host: ['ssh: local'] });
  });
  afterAll(async () => {
    await lab.cli('clean');
    await lab.stop();
  });

  it('measures the guest first, then the machine itself as it is', async () => {
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.exitCode).toBe(0);
    const { trials } = await lab.state();
    expect(trials.map(({ machine, status }) => `${machine} ${status}`)).toEqual(['vm1 ok', 'r1 ok']);
  });

  it('takes further stages into the same run, its rounds count on', async () => {
    const result = await lab.cli(
      'run',
      'loopback',
      '--quick',
      '--yes',
      '--into',
      'latest',
      '--stage',
      'measure-host',
      '--stage',
      'report',
    );
    expect(result.exitCode).toBe(0);
    const state = await lab.state();
    expect(state.segments).toHaveLength(2);
    expect(state.trials.map(({ side, round }) => `${side} ${round}`)).toEqual([
      'guest 1',
      'host 1',
      'host 2',
    ]);
  });
});

describe.skipIf(!canMakeUsers())('an experiment as an ordinary user with sudo', () => {
  let lab: TwoMachines;
  let user: TestUser;
  beforeAll(async () => {
    user = await makeUser({ label: 'run', sudo: 'password' });
    lab = await twoMachines({
      trials: 1,
      user: user.name,
      host: ['ssh: kvmp-host', 'become: sudo'],
      guest: [`ssh: ${user.name}@kvmp-guest`],
      environment: { KVM_PARITY_SUDO_PASSWORD_R1: user.password },
    });
  });
  afterAll(async () => {
    await lab.cli('clean');
    await lab.stop();
    await user.remove();
  });

  it('reaches the guest through its host, probes the host as root, and leaves no password anywhere', async () => {
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.stderr).toContain('run completed');
    expect(result.exitCode).toBe(0);
    const { trials } = await lab.state();
    expect(trials.map(({ machine, status }) => `${machine} ${status}`)).toEqual(['r1 ok', 'vm1 ok']);
    const written = await execa('grep', ['-rlF', user.password, lab.root, user.home], { reject: false });
    expect(written.stdout).toBe('');
    expect(await lab.guest.log()).toContain(`Accepted publickey for ${user.name} from 127.0.0.1`);
  });
});

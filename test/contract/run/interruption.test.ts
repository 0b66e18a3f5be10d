import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/run/events.ts';
import { lastAttempt } from '../../../src/run/state.ts';
import { twoMachines, type TwoMachines } from '../../support/experiment.ts';
import { eventually } from '../../support/sshd.ts';

let lab: TwoMachines;
afterEach(() => lab.stop());

/** The first trial's job runs and has said something. */
const trialIsRunning = (events: readonly RunEvent[]): boolean =>
  events.some((event) => event.kind === 'job-started' && event.step.includes('trial-1'));

async function logOf(step: string): Promise<string> {
  return readFile(join(await lab.latest(), 'logs', `${step}.1.log`), 'utf8');
}

/** Every trial ran once, whole, and its log holds one program's output from the first to the last line. */
async function expectNothingLost(): Promise<void> {
  const state = await lab.state();
  expect(state.status).toBe('completed');
  expect(
    state.trials.map(({ side, round, attempt, status }) => `${side} ${round}.${attempt} ${status}`),
  ).toEqual(['host 1.1 ok', 'guest 1.1 ok', 'guest 2.1 ok', 'host 2.1 ok']);
  for (const trial of state.trials) {
    const log = await logOf(trial.step);
    expect(log.match(/HEADER/g)).toHaveLength(1);
    expect(log.match(/RESULT score/g)).toHaveLength(1);
    const step = state.steps.get(trial.step)!;
    const end = lastAttempt(step)?.job?.end;
    expect(end).toMatchObject({ state: 'exited', exitStatus: 0, logBytes: Buffer.byteLength(log) });
  }
}

describe('a run that is interrupted', () => {
  it('survives kill -9 of the runner and of both sshd sessions: resumed, it loses and repeats nothing', async () => {
    lab = await twoMachines();
    const first = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    await lab.killRunner();
    await lab.host.killSessions();
    await lab.guest.killSessions();
    expect((await first).exitCode).toBe(1);
    expect((await lab.cli('status')).stdout).toContain('interrupted');
    const resumed = await lab.cli('run', 'loopback', '--resume');
    expect(resumed.stderr).toContain('run completed');
    expect(resumed.exitCode).toBe(0);
    await expectNothingLost();
  });

  it('goes on by itself when the connections are killed while a trial runs', async () => {
    lab = await twoMachines();
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    await lab.host.killSessions();
    await lab.until('the connection is back', (events) =>
      events.some((event) => event.kind === 'connection-restored'),
    );
    await lab.host.killSessions();
    await lab.guest.killSessions();
    const result = await running;
    expect(result.exitCode).toBe(0);
    expect((await lab.events()).filter((event) => event.kind === 'connection-lost').length).toBeGreaterThan(
      0,
    );
    await expectNothingLost();
  });

  it('is not disturbed by the death of the command that follows it', async () => {
    lab = await twoMachines({ trials: 1 });
    const first = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    first.kill('SIGKILL');
    await first;
    await lab.until('the run ends', (events) => events.some((event) => event.kind === 'runner-ended'));
    expect((await lab.state()).status).toBe('completed');
  });

  it('is cancelled in order: the workload is ended on the machine, the run can be resumed', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    const job = (await lab.events()).find(
      (event) => event.kind === 'job-started' && event.step.includes('trial-1'),
    );
    const pid = job?.kind === 'job-started' ? job.pid : 0;
    expect((await lab.cli('cancel', 'latest')).exitCode).toBe(0);
    expect((await running).exitCode).toBe(1);
    await eventually('the job is gone', () => !isAlive(pid));
    const state = await lab.state();
    expect(state.status).toBe('cancelled');
    expect(state.trials.map(({ status }) => status)).toEqual(['cancelled']);
    expect(state.leases.size).toBe(0);
  });

  it('that meets the lease of another run when it is resumed starts nothing beside its own job', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    await lab.killRunner();
    await running;
    const lease = join(lab.stateOf.host, 'lease', 'run');
    const own = await readFile(lease, 'utf8');
    await writeFile(lease, 'another-run\n');
    expect((await lab.cli('run', 'loopback', '--resume')).stderr).toContain('is taken by run another-run');
    const step = [...(await lab.state()).steps.values()].find(({ id }) => id.includes('host-trial-1'));
    expect(step?.attempts.map(({ status }) => status)).toEqual(['running']);
    await writeFile(lease, own);
    expect((await lab.cli('run', 'loopback', '--resume')).exitCode).toBe(0);
    expect((await lab.state()).trials.map(({ attempt, status }) => `${attempt} ${status}`)).toEqual([
      '1 ok',
      '1 ok',
    ]);
  });

  it('repeats a trial whose job was killed from outside, alone: what was left of the first is ended before', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    const job = (await lab.events()).find(
      (event) => event.kind === 'job-started' && event.step.includes('trial-1'),
    );
    const wrapper = job?.kind === 'job-started' ? job.pid : 0;
    const [group] = (await readFile(await groupFile('trial-1'), 'utf8')).split(' ');
    process.kill(wrapper, 'SIGKILL');
    await lab.until('the second attempt runs', (events) =>
      events.some((event) => event.kind === 'job-started' && event.attempt === 2),
    );
    expect(isAlive(Number(group))).toBe(false);
    expect((await running).exitCode).toBe(0);
    const { trials } = await lab.state();
    expect(trials.map(({ side, attempt, status }) => `${side} ${attempt} ${status}`)).toEqual([
      'host 1 lost',
      'host 2 ok',
      'guest 1 ok',
    ]);
  });

  it('refuses a second runner while one is at it', async () => {
    lab = await twoMachines({ trials: 1 });
    const running = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('the first trial runs', trialIsRunning);
    const second = await lab.cli('runner', await lab.latest());
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain('[runner-active]');
    expect((await running).exitCode).toBe(0);
  });
});

/** Where a job on the host names its own process group. */
async function groupFile(step: string): Promise<string> {
  const jobs = join(lab.stateOf.host, 'jobs');
  const name = (await readdir(jobs)).find((candidate) => candidate.includes(step));
  return join(jobs, name ?? 'no such job', 'group');
}

/** A zombie, which only waits for its parent, is not alive. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    return false;
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Inventory } from '../../../src/core/inventory/inventory.ts';
import type { ReportInput } from '../../../src/core/report/input.ts';
import { runPaths, type RunDescription } from '../../../src/run/directory.ts';
import type { NewEvent } from '../../../src/run/events.ts';
import { reportInput } from '../../../src/run/report/input.ts';
import { replay } from '../../../src/run/state.ts';
import { result } from '../core/report/sample.ts';
import { dated, header, second, segmentOf, stepOf } from './journals.ts';
import { scratch } from './scratch.ts';

const inventory: Inventory = {
  version: 1,
  hosts: {},
  experiments: {
    e: {
      name: 'e',
      host: 'r1',
      guest: 'vm1',
      placement: 'recipe',
      memory: 'node-local',
      workload: { kind: 'warehouse', warehouses: 2, rampSeconds: 1, measureSeconds: 1, java: [] },
      repeat: { trials: 1, order: 'abba', rebootEach: false, retries: 1 },
    },
  },
};
const description: RunDescription = {
  format: 'kvm-parity-run',
  formatVersion: 1,
  run: '20260203-040000-e',
  experiment: 'e',
  createdAt: second(0),
  product: '0.0.0',
  inventory,
  sshConfig: null,
};

function environment(release: string): string {
  const captures = [{ command: 'uname -r', output: `${release}\n`, errors: '', exitStatus: 0 }];
  return JSON.stringify({
    format: 'kvm-parity-environment',
    formatVersion: 1,
    machine: 'r1',
    role: 'host',
    takenAt: null,
    captures,
  });
}

const probed = (moment: 'before' | 'after', file: string): NewEvent => ({
  kind: 'environment',
  machine: 'r1',
  role: 'host',
  moment,
  file,
});

/** One attempt of the trial, in one boot. */
function measured(attempt: number, bootId: string): readonly NewEvent[] {
  const at = { step: '1.01-host', attempt };
  return [
    { kind: 'step-started', ...at },
    { kind: 'job-intended', ...at, job: `j${attempt}`, machine: 'r1', as: 'login' },
    { kind: 'job-started', ...at, pid: 1, bootId, again: false },
    {
      kind: 'trial-ended',
      ...at,
      side: 'host',
      round: 1,
      machine: 'r1',
      status: 'ok',
      configHash: 'x',
      result: result(1000),
    },
    { kind: 'step-ended', ...at, status: 'done' },
  ];
}

async function inputOf(...events: readonly NewEvent[]): Promise<ReportInput> {
  const paths = runPaths(await scratch());
  await mkdir(paths.environments);
  await writeFile(join(paths.environments, 'old.json'), environment('5.3.0'));
  await writeFile(join(paths.environments, 'new.json'), environment('5.4.0'));
  const journal = dated(header, segmentOf(1, stepOf('1.01-host')), ...events);
  await writeFile(paths.journal, journal.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return reportInput(paths, description, replay(journal));
}

test('Every attempt of a trial has the boot that it ran in.', async () => {
  const { trials } = await inputOf(...measured(1, 'first'), ...measured(2, 'second'));
  expect(trials.map(({ attempt, bootId }) => [attempt, bootId])).toEqual([
    [1, 'first'],
    [2, 'second'],
  ]);
});

test('A kernel that only a probe in the middle saw is told.', async () => {
  const { environments } = await inputOf(
    probed('before', 'old.json'),
    probed('before', 'new.json'),
    probed('after', 'old.json'),
  );
  expect(environments.host.kernels).toEqual(['5.3.0', '5.4.0']);
  expect(environments.guest.kernels).toEqual([]);
  const release = environments.host.before.find(({ key }) => key === 'kernel.release');
  expect(release?.text).toBe('5.3.0');
});

test('The timeline has lost connections and questions among the steps.', async () => {
  const { timeline } = await inputOf(
    { kind: 'runner-started', pid: 1, machine: 'controller' },
    { kind: 'connection-lost', machine: 'r1', failure: { reason: 'some-reason', data: {} } },
    { kind: 'question-asked', id: 1, about: 'password', machine: 'r1' },
    { kind: 'question-answered', id: 1, given: false },
    { kind: 'connection-restored', machine: 'r1', seconds: 4 },
    ...measured(1, 'first'),
    { kind: 'runner-ended', status: 'completed' },
  );
  expect(timeline.map(({ machine, text }) => [machine, text])).toEqual([
    [null, 'runner started'],
    ['r1', 'connection lost (some-reason {})'],
    ['r1', 'waits for an answer (password)'],
    ['r1', 'not answered (password)'],
    ['r1', 'connection restored after 4 s'],
    ['r1', '1.01-host, attempt 1: done'],
    [null, 'runner ended: completed'],
  ]);
});

test('The run ended with its last step, however often it was looked at later.', async () => {
  const { endedAt } = await inputOf(
    ...measured(1, 'first'),
    { kind: 'runner-ended', status: 'completed' },
    { kind: 'runner-started', pid: 2, machine: 'controller' },
    { kind: 'runner-ended', status: 'completed' },
  );
  expect(endedAt).toBe(second(6));
  expect((await inputOf()).endedAt).toBeNull();
});

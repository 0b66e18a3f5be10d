import { describe, expect, it } from 'vitest';
import { eventLine } from '../../../src/cli/eventLine.ts';
import type { NewEvent, RunEvent } from '../../../src/run/events.ts';
import { applyEvent, emptyState } from '../../../src/run/state.ts';
import { result } from '../core/report/sample.ts';

const step = '1.02-measure-host-trial-1';
const attempt = { step, attempt: 1 };
const failure = { reason: 'action-failed', data: { machine: 'r1', step, status: 134 } };
const trial = {
  ...attempt,
  side: 'host',
  round: 1,
  machine: 'r1',
  configHash: 'c0ffee',
} as const;

/** Every kind of event, in an order that a run could have. */
const samples: { readonly [Kind in RunEvent['kind']]: readonly (NewEvent & { readonly kind: Kind })[] } = {
  journal: [
    {
      kind: 'journal',
      format: 'kvm-parity-journal',
      formatVersion: 1,
      run: 'r',
      experiment: 'e',
      product: '0.0.0',
    },
  ],
  'runner-started': [{ kind: 'runner-started', pid: 42, machine: 'laptop' }],
  'host-key-accepted': [
    {
      kind: 'host-key-accepted',
      machine: 'r1',
      host: 'r1.lab',
      keyType: 'ssh-ed25519',
      fingerprint: 'SHA256:abc',
      file: '/home/ada/.ssh/known_hosts',
    },
  ],
  'torn-line-dropped': [{ kind: 'torn-line-dropped', bytes: 17 }],
  segment: [
    {
      kind: 'segment',
      segment: 1,
      file: '001.json',
      sha256: 'abc',
      stages: ['measure-host'],
      quick: false,
      retries: 1,
      steps: [
        {
          id: step,
          stage: 'measure-host',
          machine: 'r1',
          title: { code: 'step-measure-host', data: { machine: 'r1', round: 1, workload: 'warehouse' } },
          kind: 'measure',
          trial: { side: 'host', round: 1 },
          seconds: 60,
        },
      ],
    },
  ],
  'step-started': [
    { kind: 'step-started', ...attempt },
    { kind: 'step-started', step, attempt: 2 },
    { kind: 'step-started', step: 'nobody-introduced-it', attempt: 1 },
  ],
  'step-skipped': [{ kind: 'step-skipped', ...attempt }],
  'lease-acquired': [{ kind: 'lease-acquired', host: 'r1' }],
  'undo-registered': [{ kind: 'undo-registered', machine: 'r1', resource: 'thp', lasts: 'volatile', step }],
  'job-intended': [{ kind: 'job-intended', ...attempt, job: 'j', machine: 'r1', as: 'login' }],
  'job-started': [
    { kind: 'job-started', ...attempt, pid: 7, bootId: 'b', again: false },
    { kind: 'job-started', ...attempt, pid: 7, bootId: 'b', again: true },
  ],
  'connection-lost': [
    {
      kind: 'connection-lost',
      machine: 'r1',
      failure: { reason: 'connection-lost', data: { machine: 'r1' } },
    },
  ],
  'connection-restored': [{ kind: 'connection-restored', machine: 'r1', seconds: 12 }],
  'question-asked': [{ kind: 'question-asked', id: 1, about: 'sudo-password', machine: 'r1' }],
  'question-answered': [{ kind: 'question-answered', id: 1, given: true }],
  'cancel-requested': [{ kind: 'cancel-requested' }],
  'job-ended': [{ kind: 'job-ended', ...attempt, end: { state: 'lost', because: 'reboot', logBytes: 3 } }],
  outputs: [{ kind: 'outputs', step, values: { CLASSES: '/x' } }],
  environment: [
    { kind: 'environment', machine: 'r1', role: 'host', moment: 'before', file: 'environment.json' },
  ],
  'trial-ended': [
    { kind: 'trial-ended', ...trial, status: 'ok', result: result(1234.5) },
    { kind: 'trial-ended', ...trial, status: 'failed', failure, result: result(9, { score: null }) },
    { kind: 'trial-ended', ...trial, status: 'lost', failure, result: null },
  ],
  'lease-released': [{ kind: 'lease-released', host: 'r1' }],
  'step-ended': [
    { kind: 'step-ended', ...attempt, status: 'done' },
    { kind: 'step-ended', ...attempt, status: 'failed', failure },
    {
      kind: 'step-ended',
      ...attempt,
      status: 'lost',
      failure: { reason: 'a-code-of-tomorrow', data: { machine: 'r1' } },
    },
  ],
  'undo-done': [{ kind: 'undo-done', machine: 'r1', resource: 'thp', result: 'restored' }],
  'report-written': [{ kind: 'report-written', file: 'report.html' }],
  'runner-ended': [
    { kind: 'runner-ended', status: 'completed' },
    { kind: 'runner-ended', status: 'failed', failure },
  ],
};

const at = new Date(2026, 1, 3, 4, 5, 6).toISOString();

describe('The lines that a follower of a run sees', () => {
  it('say of every kind of event what is new, or nothing', async () => {
    const state = emptyState();
    const lines = Object.values(samples)
      .flat()
      .map((sample) => {
        const event = { at, ...sample } as RunEvent;
        applyEvent(state, event);
        return `${event.kind}: ${eventLine(event, state) ?? '(nothing)'}`;
      });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../fixtures/run/event-lines.txt');
  });

  it('have no placeholder left to fill in', () => {
    const state = emptyState();
    for (const sample of Object.values(samples).flat()) {
      const event = { at, ...sample } as RunEvent;
      applyEvent(state, event);
      expect(eventLine(event, state) ?? '').not.toMatch(/\{\w+\}|undefined|null/);
    }
  });
});

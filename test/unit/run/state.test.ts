import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../src/run/events.ts';
import { parseJournal } from '../../../src/run/journal.ts';
import { lastAttempt, replay, type RunState } from '../../../src/run/state.ts';
import { dated, header, second, segmentOf, stepOf } from './journals.ts';

const fixture = new URL('../../fixtures/run/journal.jsonl', import.meta.url);

/** A state for people: what would be shown, one line each. */
function picture(state: RunState): string {
  const lines = [
    `${state.run} of ${state.experiment}: ${state.status}${state.failure === null ? '' : ` (${state.failure.reason})`}`,
    `created ${state.createdAt}, last event ${state.lastEventAt}, ${state.eventCount} events`,
    ...state.segments.map(
      ({ segment, stages, retries }) => `segment ${segment}: ${stages.join()}, retries ${retries}`,
    ),
    ...[...state.steps.values()].flatMap(({ id, status, segment, attempts }) => [
      `step ${id} of segment ${segment}: ${status}`,
      ...attempts.map(
        ({ attempt, status: one, startedAt, endedAt, failure, job }) =>
          `  attempt ${attempt}: ${one}${failure === null ? '' : ` (${failure.reason})`}, ${startedAt} to ${endedAt ?? '…'}${job === null ? '' : `, job ${job.id} pid ${job.started?.pid ?? 'none'} ${job.end?.state ?? 'not over'}`}`,
      ),
    ]),
    ...state.trials.map(
      ({ side, round, attempt, status, startedAt, endedAt, result }) =>
        `trial ${side} ${round}.${attempt}: ${status}, ${startedAt} to ${endedAt}, score ${result?.score ?? 'none'}`,
    ),
    ...[...state.outputs].map(([step, values]) => `outputs of ${step}: ${JSON.stringify(values)}`),
    ...state.environments.map(({ role, moment, file }) => `environment of ${role} ${moment}: ${file}`),
    ...[...state.undo.values()].map(
      ({ machine, resource, lasts, registeredAt, done }) =>
        `undo of ${resource} on ${machine} (${lasts}) since ${registeredAt}: ${done ?? 'owed'}`,
    ),
    `leases: ${[...state.leases].join() || 'none'}; disconnected: ${[...state.disconnected.keys()].join() || 'none'}; questions: ${[...state.questions.keys()].join() || 'none'}`,
    `report: ${state.report ?? 'none'}`,
  ];
  return `${lines.join('\n')}\n`;
}

const started = (step: string, attempt = 1): NewEvent => ({ kind: 'step-started', step, attempt });
const ended = (step: string, attempt = 1): NewEvent => ({
  kind: 'step-ended',
  step,
  attempt,
  status: 'done',
});
const undo = (lasts: 'volatile' | 'persistent'): NewEvent => ({
  kind: 'undo-registered',
  machine: 'r1',
  resource: 'thp',
  lasts,
  step: 's',
});

describe('The state of a run', () => {
  it('is what a journal with a crash, a repeat and a resumption comes to', async () => {
    const { events, tornBytes } = parseJournal(readFileSync(fixture), 'journal.jsonl');
    expect(tornBytes).toBe(0);
    await expect(picture(replay(events))).toMatchFileSnapshot('../../fixtures/run/state.txt');
  });

  it('is that of a new run where there is no journal yet', () => {
    expect(replay([])).toMatchObject({ status: 'created', eventCount: 0, failure: null, report: null });
  });

  it('does not know a step that no segment introduced', () => {
    const state = replay(
      dated(header, segmentOf(1, stepOf('s')), started('other'), ended('other'), {
        kind: 'job-intended',
        step: 'other',
        attempt: 1,
        job: 'j',
        machine: 'r1',
        as: 'login',
      }),
    );
    expect([...state.steps.keys()]).toEqual(['s']);
    expect(state.steps.get('s')).toMatchObject({ status: 'waiting', attempts: [] });
  });

  it('passes over a kind of event that it does not know', () => {
    const unknown = { kind: 'of-tomorrow', step: 's' } as unknown as NewEvent;
    expect(replay(dated(header, unknown))).toMatchObject({ status: 'created', eventCount: 2 });
  });

  it('keeps the first original of a change, until it was taken back', () => {
    const restored: NewEvent = { kind: 'undo-done', machine: 'r1', resource: 'thp', result: 'restored' };
    const once = replay(dated(header, undo('volatile'), undo('persistent')));
    expect([...once.undo.values()]).toMatchObject([
      { lasts: 'volatile', registeredAt: second(1), done: null },
    ]);
    const twice = replay(dated(header, undo('volatile'), restored, restored, undo('persistent')));
    expect([...twice.undo.values()]).toMatchObject([
      { lasts: 'persistent', registeredAt: second(4), done: null },
    ]);
    expect(replay(dated(header, restored)).undo.size).toBe(0);
  });

  it('keeps every attempt of a step, each with its own job', () => {
    const job = (attempt: number): readonly NewEvent[] => [
      started('s', attempt),
      { kind: 'job-intended', step: 's', attempt, job: `j${attempt}`, machine: 'r1', as: 'root' },
      { kind: 'job-started', step: 's', attempt, pid: 100 + attempt, bootId: 'b', again: false },
    ];
    const end: NewEvent = {
      kind: 'job-ended',
      step: 's',
      attempt: 1,
      end: { state: 'lost', because: 'reboot', logBytes: 0 },
    };
    const failure = { reason: 'lost-by-reboot', data: { machine: 'r1' } };
    const state = replay(
      dated(
        header,
        segmentOf(1, stepOf('s')),
        ...job(1),
        end,
        { kind: 'step-ended', step: 's', attempt: 1, status: 'lost', failure },
        ...job(2),
      ),
    );
    const step = state.steps.get('s')!;
    expect(step.status).toBe('running');
    expect(step.attempts).toMatchObject([
      {
        attempt: 1,
        status: 'lost',
        failure,
        job: { id: 'j1', started: { pid: 101 }, end: { state: 'lost' } },
      },
      { attempt: 2, status: 'running', failure: null, job: { id: 'j2', started: { pid: 102 }, end: null } },
    ]);
    expect(lastAttempt(step)?.attempt).toBe(2);
  });

  it('marks the attempt that ran when the end of the run was wished for, and no other', () => {
    const steps = [stepOf('before'), stepOf('now'), stepOf('later')];
    const state = replay(
      dated(
        header,
        segmentOf(1, ...steps),
        started('before'),
        ended('before'),
        started('now'),
        { kind: 'cancel-requested' },
        started('later'),
      ),
    );
    const marks = [...state.steps.values()].map((step) => lastAttempt(step)?.cancelRequested);
    expect(marks).toEqual([undefined, true, undefined]);
  });

  it('says since when a connection is gone, until it is back or the runner has ended', () => {
    const lost: NewEvent = {
      kind: 'connection-lost',
      machine: 'vm1',
      failure: { reason: 'keepalive', data: { machine: 'vm1' } },
    };
    const back: NewEvent = { kind: 'connection-restored', machine: 'vm1', seconds: 2 };
    expect([...replay(dated(header, lost, lost)).disconnected]).toEqual([['vm1', second(1)]]);
    expect(replay(dated(header, lost, back)).disconnected.size).toBe(0);
    expect(replay(dated(header, lost, { kind: 'runner-ended', status: 'failed' })).disconnected.size).toBe(0);
    expect(
      replay(dated(header, lost, { kind: 'runner-started', pid: 1, machine: 'm' })).disconnected.size,
    ).toBe(0);
  });

  it('holds questions and leases until they are answered and given back', () => {
    const asked: NewEvent = { kind: 'question-asked', id: 1, about: 'password', machine: 'r1' };
    const taken: NewEvent = { kind: 'lease-acquired', host: 'r1' };
    const state = replay(dated(header, asked, taken, taken));
    expect([...state.questions]).toEqual([[1, { about: 'password', machine: 'r1' }]]);
    expect([...state.leases]).toEqual(['r1']);
    const after = replay(
      dated(
        header,
        asked,
        taken,
        { kind: 'question-answered', id: 1, given: false },
        { kind: 'lease-released', host: 'r1' },
      ),
    );
    expect(after.questions.size + after.leases.size).toBe(0);
    // A runner that died holds its lease on the machine, but asks nobody any more.
    const died = replay(dated(header, asked, taken, { kind: 'runner-started', pid: 2, machine: 'm' }));
    expect(died.questions.size).toBe(0);
    expect([...died.leases]).toEqual(['r1']);
  });

  it('shows the failure of the last runner only', () => {
    const failure = { reason: 'disk-full', data: { machine: 'r1', where: 'target' } };
    const failed: NewEvent = { kind: 'runner-ended', status: 'failed', failure };
    expect(replay(dated(header, failed))).toMatchObject({ status: 'failed', failure });
    const again: NewEvent = { kind: 'runner-started', pid: 2, machine: 'm' };
    expect(replay(dated(header, failed, again))).toMatchObject({ status: 'running', failure: null });
  });
});

describe('A journal of 100,000 events', () => {
  const attempt = (step: string, number: number): readonly NewEvent[] => [
    started(step, number),
    { kind: 'job-intended', step, attempt: number, job: `${step}-${number}`, machine: 'r1', as: 'login' },
    { kind: 'job-started', step, attempt: number, pid: number, bootId: 'b', again: false },
    {
      kind: 'job-ended',
      step,
      attempt: number,
      end: { state: 'lost', because: 'killed', logBytes: 0 },
    },
    { kind: 'step-ended', step, attempt: number, status: 'lost' },
  ];
  const numbers = (count: number): readonly number[] =>
    Array.from({ length: count }, (_, index) => index + 1);

  // A reducer that copies what it has so far needs minutes for these; the runner's limit is some seconds.
  it.each([
    [
      'one step is repeated 20,000 times',
      [segmentOf(1, stepOf('s')), ...numbers(20_000).flatMap((n) => attempt('s', n))],
    ],
    [
      'a segment has 20,000 steps',
      [
        segmentOf(1, ...numbers(20_000).map((n) => stepOf(`s${n}`))),
        ...numbers(20_000).flatMap((n) => attempt(`s${n}`, 1)),
      ],
    ],
    [
      '16,000 segments have a step each',
      numbers(16_000).flatMap((n) => [segmentOf(n, stepOf(`s${n}`)), ...attempt(`s${n}`, 1)]),
    ],
  ])('is replayed where %s', (_what, events) => {
    const state = replay(dated(header, ...events));
    expect(state.eventCount).toBe(events.length + 1);
    const attempts = [...state.steps.values()].flatMap((step) => step.attempts);
    expect(attempts.every(({ status, job }) => status === 'lost' && job?.end?.state === 'lost')).toBe(true);
    expect(attempts.length).toBeGreaterThanOrEqual(16_000);
  });
});

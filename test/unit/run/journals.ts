import type { NewEvent, RunEvent, StepSummary } from '../../../src/run/events.ts';

/** The `n`th second of the run. */
export function second(n: number): string {
  return new Date(Date.UTC(2026, 1, 3, 4, 0, n)).toISOString();
}

/** Events one second apart. */
export function dated(...events: readonly NewEvent[]): readonly RunEvent[] {
  return events.map((event, index) => ({ at: second(index), ...event }));
}

export const header: NewEvent = {
  kind: 'journal',
  format: 'kvm-parity-journal',
  formatVersion: 1,
  run: '20260203-040000-e',
  experiment: 'e',
  product: '0.0.0',
};

export function stepOf(id: string, change: Partial<StepSummary> = {}): StepSummary {
  return {
    id,
    stage: 'measure-host',
    machine: 'r1',
    title: { code: 'step-report', data: {} },
    kind: 'measure',
    trial: { side: 'host', round: 1 },
    seconds: 60,
    ...change,
  };
}

export function segmentOf(segment: number, ...steps: readonly StepSummary[]): NewEvent {
  return {
    kind: 'segment',
    segment,
    file: `00${segment}.json`,
    sha256: 'c0ffee',
    stages: ['measure-host'],
    quick: false,
    retries: 1,
    steps,
  };
}

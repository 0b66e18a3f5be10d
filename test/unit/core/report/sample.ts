import type { EnvironmentLine, ReportInput, TrialAttempt } from '../../../../src/core/report/input.ts';
import type { Side } from '../../../../src/core/recipe/plan.ts';
import { warehouseLabel } from '../../../../src/core/workload/warehouse/read.ts';
import type { WorkloadResult } from '../../../../src/core/workload/workload.ts';

/** Shape of a ramp with N = 2: share of the score at 1, 2, 3, 4 warehouses; 2 … 4 average to 1. */
const ramp = [0.5, 1.02, 1, 0.98];

/** What the program says of itself. */
export const properties: Readonly<Record<string, string>> = {
  'java.vendor': 'Example Vendor',
  'java.vm.name': 'OpenJDK 64-Bit Server VM',
  'java.vm.version': '17.0.21+9',
  'max-heap-bytes': '1073741824',
};

export function result(score: number, change: Partial<WorkloadResult> = {}): WorkloadResult {
  return {
    workload: 'warehouse',
    label: warehouseLabel,
    metric: 'warehouse ops/s',
    state: 'complete',
    valid: true,
    score,
    points: ramp.map((share, index) => ({
      warehouses: index + 1,
      throughput: score * share,
      averaged: index > 0,
    })),
    problems: [],
    properties,
    ...change,
  };
}

export function trial(side: Side, round: number, change: Partial<TrialAttempt> = {}): TrialAttempt {
  return {
    side,
    round,
    attempt: 1,
    machine: side === 'host' ? 'r1' : 'vm1',
    status: 'ok',
    reason: null,
    result: result(1000),
    startedAt: `2026-02-03T0${round}:00:00.000Z`,
    endedAt: `2026-02-03T0${round}:16:40.000Z`,
    configHash: 'sha256:4f1d0c2a9b7e6d5c',
    javaVersion: '17.0.21',
    processors: 2,
    bootId: `boot of ${side}`,
    ...change,
  };
}

/** One ok trial per score. */
export function trials(side: Side, ...scores: readonly number[]): readonly TrialAttempt[] {
  return scores.map((score, index) => trial(side, index + 1, { result: result(score) }));
}

const line = (key: string, text: string): EnvironmentLine => ({ key, text, available: true });

const host = [
  line('kernel', 'Linux 5.3.0 x86_64'),
  line('CPUs', '2 online of 4'),
  line('turbo', 'on'),
  { key: 'libvirt', text: 'not available: virsh is missing', available: false },
];
const guest = [line('kernel', 'Linux 5.3.0 x86_64'), line('CPUs', '2 online of 2'), line('steal', '0.1 %')];

export function input(change: Partial<ReportInput> = {}): ReportInput {
  return {
    runId: '20260203-080000-overhead',
    productVersion: '0.1.0',
    experiment: { name: 'overhead-5.3', settings: [{ key: 'measured time of each point', text: '240 s' }] },
    quick: false,
    placement: 'recipe',
    memory: 'node-local',
    order: 'abba',
    startedAt: '2026-02-03T00:59:00.000Z',
    endedAt: '2026-02-03T05:00:00.000Z',
    trials: [...trials('host', 1000, 1010, 990, 1004), ...trials('guest', 960, 955, 967, 958)],
    environments: {
      host: { before: host, after: host, kernels: ['5.3.0'] },
      guest: { before: guest, after: guest, kernels: ['5.3.0'] },
    },
    timeline: [{ at: '2026-02-03T00:59:00.000Z', machine: null, text: 'run started' }],
    ...change,
  };
}

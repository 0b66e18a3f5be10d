import { join } from 'node:path';
import type { Plan } from '../../src/core/recipe/plan.ts';
import { jobsOf } from '../../src/remote/job/jobs.ts';
import type { RunContext } from '../../src/run/context.ts';
import { runPaths } from '../../src/run/directory.ts';
import type { NewEvent } from '../../src/run/events.ts';
import { openMachines } from '../../src/run/machines.ts';
import { applyEvent, emptyState } from '../../src/run/state.ts';
import type { Loopback } from './loopback.ts';

/**
 * What the runner's own functions need, without a runner around them: the journal is kept in memory, and `onEvent`
 * hears of each event. `logs` in the directory `name` of the loopback must exist.
 */
export function runContext(
  loopback: Loopback,
  {
    name,
    plan,
    onEvent,
  }: { readonly name: string; readonly plan: Plan; readonly onEvent: (event: NewEvent) => void },
): RunContext {
  const state = emptyState();
  const now = (): Date => new Date();
  const record = (event: NewEvent): Promise<void> => {
    applyEvent(state, { at: now().toISOString(), ...event });
    onEvent(event);
    return Promise.resolve();
  };
  for (const { id, stage, machine, title, action, seconds } of plan.steps) {
    state.steps.set(id, {
      ...{ id, stage, machine, title, kind: action.kind, seconds, segment: 1 },
      status: 'running',
      attempts: [{ attempt: 1, startedAt: '', endedAt: null, status: 'running', failure: null, job: null }],
    });
  }
  const { inventory, sshConfig } = loopback;
  return {
    paths: runPaths(join(loopback.root, name)),
    description: {
      format: 'kvm-parity-run',
      formatVersion: 1,
      run: name,
      experiment: 'loopback',
      createdAt: now().toISOString(),
      product: 'bench',
      inventory,
      sshConfig,
    },
    plan,
    state,
    machines: openMachines({ inventory, connect: (target) => loopback.connect(target), jobsOf, record, now }),
    ask: () => Promise.resolve(null),
    reportAssets: '',
    assetOf: (asset) => Promise.reject(new Error(`a benchmark uploads no ${asset}`)),
    record,
    now,
    product: 'bench',
    cancel: new AbortController().signal,
    detach: new AbortController().signal,
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  EnvironmentLine,
  EnvironmentMoments,
  ReportInput,
  TrialAttempt,
} from '../../core/report/input.ts';
import { settingLines } from '../../core/report/settings.ts';
import { readEnvironmentText } from '../../core/facts/environmentText.ts';
import { readFacts, summaryLines } from '../../core/facts/facts.ts';
import type { Side } from '../../core/recipe/plan.ts';
import { quickWarehouse } from '../../core/workload/warehouse/settings.ts';
import { describeFailure } from '../describe.ts';
import type { RunDescription, RunPaths } from '../directory.ts';
import { RunError } from '../error.ts';
import { readJournal } from '../journal.ts';
import type { RunState, TrialRecord } from '../state.ts';
import { timelineOf } from './timeline.ts';

/** Everything that the report of a run is made of, from its journal and its environment files. */
export async function reportInput(
  paths: RunPaths,
  description: RunDescription,
  state: RunState,
): Promise<ReportInput> {
  const experiment = description.inventory.experiments[description.experiment];
  if (experiment === undefined) {
    throw new RunError('run-damaged', {
      file: paths.description,
      detail: `no experiment ${description.experiment}`,
    });
  }
  const quick = state.segments.some((segment) => segment.quick);
  const workload = quick
    ? { ...experiment.workload, ...quickWarehouse(experiment.workload) }
    : experiment.workload;
  const { events } = await readJournal(paths.journal);
  return {
    runId: description.run,
    productVersion: description.product,
    experiment: { name: experiment.name, settings: settingLines(experiment, workload) },
    quick,
    placement: 'unchanged',
    memory: 'unchanged',
    order: experiment.repeat.order,
    startedAt: state.createdAt || null,
    endedAt: endOf(state),
    trials: state.trials.map((trial) => attemptOf(trial, state)),
    environments: {
      host: await momentsOf('host', paths, state),
      guest: await momentsOf('guest', paths, state),
    },
    timeline: timelineOf(state, events),
  };
}

async function momentsOf(side: Side, paths: RunPaths, state: RunState): Promise<EnvironmentMoments> {
  const taken: { readonly moment: 'before' | 'after'; readonly lines: readonly EnvironmentLine[] }[] = [];
  for (const { role, moment, file } of state.environments) {
    if (role === side) taken.push({ moment, lines: await readLines(join(paths.environments, file)) });
  }
  const kernels = taken.flatMap(({ lines }) =>
    lines.filter(({ key, available }) => key === 'kernel.release' && available).map(({ text }) => text),
  );
  return {
    // The first before and the last after span the whole run, also one that was resumed.
    before: taken.find(({ moment }) => moment === 'before')?.lines ?? [],
    after: taken.findLast(({ moment }) => moment === 'after')?.lines ?? [],
    kernels: [...new Set(kernels)],
  };
}

/** The last end of a trial or step; making the report is not part of what was measured. */
function endOf(state: RunState): string | null {
  const steps = [...state.steps.values()].filter(({ kind }) => kind !== 'report');
  const ends = [
    ...state.trials.map(({ endedAt }) => endedAt),
    ...steps.flatMap(({ attempts }) => attempts.flatMap(({ endedAt }) => endedAt ?? [])),
  ];
  return ends.toSorted().at(-1) ?? null;
}

/** The boot that a trial's job was started in. */
function bootOf(trial: TrialRecord, state: RunState): string | null {
  const attempts = state.steps.get(trial.step)?.attempts ?? [];
  return attempts.findLast(({ attempt }) => attempt === trial.attempt)?.job?.started?.bootId || null;
}

async function readLines(file: string): Promise<readonly EnvironmentLine[]> {
  const environment = readEnvironmentText(await readFile(file, 'utf8'));
  return summaryLines(readFacts(environment)).map(({ key, text, available }) => ({ key, text, available }));
}

function attemptOf(trial: TrialRecord, state: RunState): TrialAttempt {
  const properties = trial.result?.properties ?? {};
  const processors = Number(properties.processors);
  return {
    side: trial.side,
    round: trial.round,
    attempt: trial.attempt,
    machine: trial.machine,
    status: trial.status === 'cancelled' ? 'failed' : trial.status,
    reason: trial.failure === null ? null : describeFailure(trial.failure),
    result: trial.result,
    startedAt: trial.startedAt,
    endedAt: trial.endedAt,
    configHash: trial.result === null ? trial.configHash : (properties['config.hash'] ?? null),
    javaVersion: properties['java.version'] ?? null,
    processors: Number.isInteger(processors) ? processors : null,
    bootId: bootOf(trial, state),
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentLine, ReportInput, TimelineEvent, TrialAttempt } from '../../core/report/input.ts';
import { settingLines } from '../../core/report/settings.ts';
import { readEnvironmentText } from '../../core/facts/environmentText.ts';
import { readFacts, summaryLines } from '../../core/facts/facts.ts';
import type { Side } from '../../core/recipe/plan.ts';
import { quickWarehouse } from '../../core/workload/warehouse/settings.ts';
import { describeFailure } from '../describe.ts';
import type { RunDescription, RunPaths } from '../directory.ts';
import { RunError } from '../error.ts';
import type { RunState, TrialRecord } from '../state.ts';

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
  const environmentOf = async (
    side: Side,
    moment: 'before' | 'after',
  ): Promise<readonly EnvironmentLine[]> => {
    const taken = state.environments.filter((record) => record.role === side && record.moment === moment);
    // The first before and the last after span the whole run, also one that was resumed.
    const record = moment === 'before' ? taken[0] : taken.at(-1);
    return record === undefined ? [] : readLines(join(paths.environments, record.file));
  };
  return {
    runId: description.run,
    productVersion: description.product,
    experiment: { name: experiment.name, settings: settingLines(experiment, workload) },
    quick,
    placement: 'unchanged',
    memory: 'unchanged',
    order: experiment.repeat.order,
    startedAt: state.createdAt || null,
    endedAt: state.lastEventAt || null,
    trials: state.trials.map((trial) => attemptOf(trial)),
    environments: {
      host: { before: await environmentOf('host', 'before'), after: await environmentOf('host', 'after') },
      guest: { before: await environmentOf('guest', 'before'), after: await environmentOf('guest', 'after') },
    },
    timeline: timelineOf(state),
  };
}

async function readLines(file: string): Promise<readonly EnvironmentLine[]> {
  const environment = readEnvironmentText(await readFile(file, 'utf8'));
  return summaryLines(readFacts(environment)).map(({ key, text, available }) => ({ key, text, available }));
}

function attemptOf(trial: TrialRecord): TrialAttempt {
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
  };
}

/** What a reader must know to trust the order and the calm of the run: steps, repeats, lost connections. */
function timelineOf(state: RunState): readonly TimelineEvent[] {
  const events = [...state.steps.values()].flatMap((step) =>
    step.attempts.map((attempt) => ({
      at: attempt.startedAt,
      machine: step.machine,
      text: `${step.id}, attempt ${attempt.attempt}: ${attempt.status}${
        attempt.failure === null ? '' : ` (${describeFailure(attempt.failure)})`
      }`,
    })),
  );
  return events.sort((a, b) => a.at.localeCompare(b.at));
}

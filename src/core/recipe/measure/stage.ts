import type { Side, Text } from '../plan.ts';
import type { PlanContext, Stage, StepDraft } from '../stage.ts';
import { prepareWarehouse, warehouseCall, warehouseScripts } from './warehouse.ts';

/** Time for taking the lease, starting and ending a JVM, reading the result. */
const TRIAL_OVERHEAD_SECONDS = 3;

function trialSteps(side: Side, context: PlanContext, round: number): readonly StepDraft[] {
  const { machine } = context.machines[side];
  const { call, configHash, seconds } = warehouseCall(context, side);
  return [
    {
      key: `measure-${side}-trial-${round}`,
      title: { code: `step-measure-${side}`, data: { machine, round, workload: 'warehouse' } },
      machine,
      action: {
        kind: 'measure',
        call,
        trial: { side, round },
        workload: context.experiment.workload.kind,
        configHash,
        lease: context.machines.host.machine,
      },
      seconds: seconds + TRIAL_OVERHEAD_SECONDS,
    },
  ];
}

function measureStage(side: Side, warnings: (context: PlanContext) => readonly Text[]): Stage {
  return {
    id: `measure-${side}`,
    scripts: warehouseScripts,
    prepare: (context) => prepareWarehouse(context, side),
    trial: { side, steps: (context, round) => trialSteps(side, context, round) },
    finish: () => [],
    warnings,
  };
}

/** The recipe makes both sides see the same number of CPUs (1.6); nothing in these stages changes it yet. */
function cpuWarning({ machines: { host, guest }, stages }: PlanContext): readonly Text[] {
  if (!stages.includes('measure-guest')) return [];
  const unknown = [host, guest].filter(({ onlineCpus }) => onlineCpus === null);
  if (unknown.length > 0) {
    return unknown.map(({ machine }) => ({ code: 'warning-cpus-unknown', data: { machine } }));
  }
  if (host.onlineCpus === guest.onlineCpus) return [];
  const data = {
    host: host.machine,
    hostCpus: host.onlineCpus,
    guest: guest.machine,
    guestCpus: guest.onlineCpus,
  };
  return [{ code: 'warning-cpus-differ', data }];
}

/** Without a limit the JVM takes a share of each machine's memory, and the report will not compare unlike heaps. */
function heapWarning({ experiment }: PlanContext): readonly Text[] {
  const isFixed = experiment.workload.java.some((option) => /^-(Xmx|XX:MaxHeapSize=)/.test(option));
  return isFixed ? [] : [{ code: 'warning-heap-not-fixed', data: {} }];
}

/** Recipe 2.5, the measuring part: the workload in the guest, the machine as it is. */
export const measureGuestStage = measureStage('guest', heapWarning);

/** Recipe 2.6, the measuring part: the same workload configuration on the host, the machine as it is. */
export const measureHostStage = measureStage('host', cpuWarning);

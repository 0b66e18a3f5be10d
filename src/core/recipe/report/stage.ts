import type { Stage } from '../stage.ts';

/** Compares what the run has measured so far and writes the report beside it. Touches no machine. */
export const reportStage: Stage = {
  id: 'report',
  scripts: [],
  prepare: () => [],
  finish: () => [
    {
      key: 'report',
      title: { code: 'step-report', data: {} },
      machine: 'controller',
      action: { kind: 'report' },
      seconds: 1,
    },
  ],
  warnings: () => [],
};

import { open } from 'node:fs/promises';
import type { Action, Plan, PlannedCall, Step } from '../../src/core/recipe/plan.ts';
import type { Script } from '../../src/core/script/script.ts';
import printFile from '../scripts/printFile.sh';

const script: Script = { name: 'bench/printFile', text: printFile, parameters: { FILE: 'string' } };

function printing(file: string): PlannedCall {
  return { script: script.name, parameters: { FILE: file }, as: 'login' };
}

/** How the runner treats the job: as any script, or as a trial, whose output it reads when it is over. */
export type PrintAs = Extract<Action['kind'], 'script' | 'measure'>;

/** A plan of one step: a job on r1 that prints `file`. */
export function planOfPrinting(file: string, as: PrintAs): Plan {
  const call = printing(file);
  const actions: Readonly<Record<PrintAs, Action>> = {
    script: { kind: 'script', call },
    measure: {
      kind: 'measure',
      call,
      trial: { side: 'host', round: 1 },
      workload: 'warehouse',
      configHash: 'bench',
      lease: 'r1',
    },
  };
  const step: Step = {
    id: '1.01-print',
    stage: 'measure-host',
    title: { code: 'step-measure-host', data: { machine: 'r1', round: 1, workload: 'warehouse' } },
    machine: 'r1',
    action: actions[as],
    seconds: 1,
  };
  return {
    format: 'kvm-parity-plan',
    formatVersion: 1,
    experiment: 'loopback',
    stages: ['measure-host'],
    quick: false,
    scripts: { [script.name]: script },
    steps: [step],
    retries: 0,
    approval: { reboots: [], domainsDown: [], packages: [], loggedIn: [], seconds: 1, warnings: [] },
  };
}

const LINES_AT_ONCE = 10_000;

/** Writes lines to a file, piece by piece: memory is measured here. Returns the bytes written. */
export async function writeLines(
  file: string,
  count: number,
  lineOf: (index: number) => string,
): Promise<number> {
  const handle = await open(file, 'w');
  let bytes = 0;
  try {
    for (let start = 0; start < count; start += LINES_AT_ONCE) {
      const length = Math.min(LINES_AT_ONCE, count - start);
      const text = Array.from({ length }, (_, index) => `${lineOf(start + index)}\n`).join('');
      bytes += (await handle.write(text)).bytesWritten;
    }
  } finally {
    await handle.close();
  }
  return bytes;
}

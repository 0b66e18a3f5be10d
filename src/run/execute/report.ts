import { reportOf, writeReports } from '../report/write.ts';
import type { Executor } from './action.ts';

/** Compares what the run has measured and writes the report in every format. */
export const executeReport: Executor<'report'> = async ({ context }) => {
  const report = await reportOf(context.paths, context.description, context.state);
  await writeReports(context.paths, report, context.reportAssets);
  await context.record({ kind: 'report-written', file: 'report.html' });
  return { status: 'done' };
};

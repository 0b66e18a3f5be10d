import type { Report } from '../core/report/model.ts';
import { reportText } from '../core/report/messages.ts';
import { exitCodes, type ExitCode } from './exit.ts';

/**
 * What a report means for the exit code. That a run was quick is said in the report, but is what was asked for:
 * it alone makes no failure.
 */
export function reportExit(report: Report): ExitCode {
  const serious = report.findings.filter(
    ({ severity, text }) => severity === 'failure' && text.code !== 'quick',
  );
  return serious.length === 0 ? exitCodes.ok : exitCodes.notComparable;
}

export function verdictLines(report: Report): readonly string[] {
  const label = report.workload === null ? [] : [report.workload.label];
  return [
    reportText(report.verdict),
    ...label,
    ...report.findings.map(({ severity, text }) => `${severity}: ${reportText(text)}`),
  ];
}

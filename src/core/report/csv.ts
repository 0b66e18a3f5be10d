import type { WorkloadPoint } from '../workload/workload.ts';
import type { Report, TrialReport } from './model.ts';

type CsvCell = string | number | boolean | null;

type Row = { readonly report: Report; readonly trial: TrialReport; readonly point: WorkloadPoint | null };

/** Columns in their order; names are an interface. Numbers are exact, with a decimal point. */
const columns: Readonly<Record<string, (row: Row) => CsvCell>> = {
  run: ({ report }) => report.runId,
  experiment: ({ report }) => report.experiment.name,
  quick: ({ report }) => report.quick,
  workload: ({ trial }) => trial.result?.workload ?? null,
  label: ({ trial }) => trial.result?.label ?? null,
  metric: ({ trial }) => trial.result?.metric ?? null,
  side: ({ trial }) => trial.side,
  round: ({ trial }) => trial.round,
  attempt: ({ trial }) => trial.attempt,
  machine: ({ trial }) => trial.machine,
  status: ({ trial }) => trial.status,
  valid: ({ trial }) => trial.result?.valid ?? null,
  counted: ({ trial }) => trial.counted,
  reason: ({ trial }) => trial.reason,
  score: ({ trial }) => trial.result?.score ?? null,
  warehouses: ({ point }) => point?.warehouses ?? null,
  throughput: ({ point }) => point?.throughput ?? null,
  averaged: ({ point }) => point?.averaged ?? null,
  started: ({ trial }) => trial.startedAt,
  ended: ({ trial }) => trial.endedAt,
  config_hash: ({ trial }) => trial.configHash,
  java_version: ({ trial }) => trial.javaVersion,
  processors: ({ trial }) => trial.processors,
};

/** One row per trial and point (RFC 4180); an attempt without points has one row with these cells empty. */
export function renderCsv(report: Report): string {
  const rows = report.trials.flatMap((trial): readonly Row[] => {
    const points = trial.result?.points ?? [];
    return (points.length === 0 ? [null] : points).map((point) => ({ report, trial, point }));
  });
  const lines = rows.map((row) => Object.values(columns).map((read) => csvCell(read(row))));
  return [Object.keys(columns), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). */
function csvCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  // Tabs and line ends are data that CSV can hold; other control characters would be obeyed by a terminal.
  const shown = value.replace(/[^\P{Cc}\t\r\n]/gu, '\ufffd');
  const text = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

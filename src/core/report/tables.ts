import type { Side } from '../recipe/plan.ts';
import type { Summary } from '../statistics/summary.ts';
import { percentText, ratioText, throughputText, timeText } from './format.ts';
import { markWords, memoryTexts, orderTexts, placementTexts, statusWords } from './messages.ts';
import type { ProgramRow, Report, TrialReport } from './model.ts';
import { programValues } from './program.ts';

/** A table as every rendering shows it. The first cell of a row names the row. */
export type Table = {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
};

/** word: text that is kept on one line. */
export type Column = { readonly text: string; readonly align: 'text' | 'word' | 'number' };

/** `tone` is an addition to the words, never instead of them. */
export type Cell = { readonly text: string; readonly tone?: 'bad' | 'differs' | 'quiet' };

const textColumn = (text: string): Column => ({ text, align: 'text' });
const wordColumn = (text: string): Column => ({ text, align: 'word' });
const numberColumn = (text: string): Column => ({ text, align: 'number' });
const cells = (...texts: readonly string[]): readonly Cell[] => texts.map((text) => ({ text }));

/** What a number is, beside the numbers: metric, label, and that it is quick where it is. */
export function numbersNote(report: Report): string {
  if (report.workload === null) return 'No trial gave a result.';
  const quick = report.quick ? ' Quick run: not a measurement.' : '';
  return `In ${report.workload.metric}, higher is better. ${report.workload.label}.${quick}`;
}

export function scoresTable(report: Report): Table {
  const row = (side: Side): readonly Cell[] => {
    const { machines, attempts, excluded, score } = report.sides[side];
    return cells(
      side,
      machines.join(', ') || '–',
      String(attempts - excluded),
      String(excluded),
      throughputText(score?.mean),
      throughputText(score?.median),
      throughputText(score?.sd),
      percentText(score?.cv),
      throughputText(score?.min),
      throughputText(score?.max),
    );
  };
  return {
    caption: `Scores of the counted trials. ${numbersNote(report)}`,
    columns: [
      textColumn('Side'),
      wordColumn('Machine'),
      ...['Trials', 'Excluded', 'Mean', 'Median', 'SD', 'CV', 'Min', 'Max'].map(numberColumn),
    ],
    rows: [row('host'), row('guest')],
  };
}

/** Null where there is no ratio. */
export function ratioTable({ ratio, workload, quick }: Report): Table | null {
  if (ratio === null) return null;
  const { interval } = ratio;
  const range = (low: string, high: string): string => `${low} to ${high}`;
  return {
    caption: `Guest / host, of the scores.${workload === null ? '' : ` ${workload.label}.`}${quick ? ' Quick run: not a measurement.' : ''}`,
    columns: [textColumn('Quantity'), numberColumn('Value')],
    rows: [
      cells('Ratio of geometric means', ratioText(ratio.ofGeometricMeans)),
      cells(
        '95 % interval (Welch, on logarithms)',
        interval === null
          ? 'not known: one trial on a side'
          : range(ratioText(interval.low), ratioText(interval.high)),
      ),
      cells('Degrees of freedom', interval === null ? '–' : interval.df.toFixed(1)),
      cells('Ratio of means', ratioText(ratio.ofMeans)),
      cells('Overhead, 1 − ratio of geometric means', percentText(1 - ratio.ofGeometricMeans)),
    ],
  };
}

export function pointsTable(report: Report): Table {
  const spread = (summary: Summary | null): string =>
    summary === null || summary.n < 2
      ? '–'
      : `${throughputText(summary.min)} to ${throughputText(summary.max)}`;
  return {
    caption: `Throughput by number of warehouses, means over the counted trials; * = part of the score. ${numbersNote(report)}`,
    columns: [
      'Warehouses',
      'Host mean',
      'Host min to max',
      'Guest mean',
      'Guest min to max',
      'Guest / host',
    ].map(numberColumn),
    rows: report.points.map(({ warehouses, averaged, host, guest, ratio }) =>
      cells(
        `${warehouses}${averaged ? ' *' : ''}`,
        throughputText(host?.mean),
        spread(host),
        throughputText(guest?.mean),
        spread(guest),
        ratioText(ratio),
      ),
    ),
  };
}

export function trialsTable(report: Report): Table {
  return {
    caption: `Every attempt in the order it ran; only counted ones are averaged. ${numbersNote(report)}`,
    columns: [
      textColumn('Trial'),
      numberColumn('Attempt'),
      wordColumn('Machine'),
      wordColumn('Status'),
      wordColumn('Counted'),
      numberColumn('Score'),
      wordColumn('Started (UTC)'),
      numberColumn('Seconds'),
      wordColumn('Java'),
      numberColumn('Processors'),
      textColumn('Remarks'),
    ],
    rows: report.trials.map((trial) => [
      ...cells(`${trial.side} ${trial.round}`, String(trial.attempt), trial.machine),
      { text: statusWords[trial.status], ...(trial.status === 'ok' ? {} : { tone: 'bad' as const }) },
      ...cells(
        trial.counted ? 'yes' : 'no',
        throughputText(trial.result?.score),
        timeText(trial.startedAt).replace(/ UTC$/, ''),
        secondsBetween(trial.startedAt, trial.endedAt),
        trial.javaVersion ?? '–',
        trial.processors?.toString() ?? '–',
        remarks(trial),
      ),
    ]),
  };
}

function secondsBetween(start: string | null, end: string | null): string {
  const seconds = (Date.parse(end ?? '') - Date.parse(start ?? '')) / 1000;
  return Number.isFinite(seconds) ? seconds.toFixed(1) : '–';
}

function remarks({ reason, result }: TrialReport): string {
  const problems = (result?.problems ?? []).map(({ code, evidence }) => `${code}: ${evidence}`);
  return [...(reason === null ? [] : [reason]), ...problems].join('; ') || '–';
}

const programMarks: Record<ProgramRow['mark'], string> = {
  same: 'same',
  differs: 'differs',
  unknown: 'not shown to be the same',
};

export function programTable({ program }: Report): Table {
  return {
    caption: 'What the averaged trials said of the Java machine that they ran on.',
    columns: ['Fact', 'Host', 'Guest', 'Compared'].map(textColumn),
    rows: program.map(({ key, host, guest, mark }) => [
      ...cells(key, programValues(host), programValues(guest)),
      { text: programMarks[mark], ...(mark === 'same' ? {} : { tone: 'differs' as const }) },
    ]),
  };
}

export function environmentTable({ environment }: Report): Table {
  return {
    caption: 'Both environments, as probed; marked where they differ. Not every difference matters.',
    columns: ['Fact', 'Host', 'Guest', 'Compared'].map(textColumn),
    rows: environment.rows.map(({ key, host, guest, mark }) => [
      { text: key },
      ...[host, guest].map((cell): Cell =>
        cell === null
          ? { text: '–', tone: 'quiet' }
          : { text: cell.text, ...(cell.available ? {} : { tone: 'quiet' as const }) },
      ),
      { text: markWords[mark], ...(mark === 'same' ? {} : { tone: 'differs' as const }) },
    ]),
  };
}

/** Null where nothing changed. */
export function changesTable({ environment }: Report): Table | null {
  if (environment.changes.length === 0) return null;
  return {
    caption: 'What the probe after the run found different from the one before it.',
    columns: ['Side', 'Fact', 'Before', 'After'].map(textColumn),
    rows: environment.changes.map(({ side, key, before, after }) =>
      cells(side, key, before ?? '–', after ?? '–'),
    ),
  };
}

export function settingsTable(report: Report): Table {
  return {
    caption: `How experiment ${report.experiment.name} was measured.`,
    columns: ['Setting', 'Value'].map(textColumn),
    rows: [
      cells('run', report.runId),
      cells('started', timeText(report.startedAt)),
      cells('ended', timeText(report.endedAt)),
      cells('quick', report.quick ? 'yes: the shortest settings' : 'no'),
      cells('placement', placementTexts[report.placement]),
      cells('memory', memoryTexts[report.memory]),
      cells('order asked for', orderTexts[report.order]),
      cells('order as run', report.trials.map(({ side }) => side).join(', ') || 'no trial ran'),
      ...report.experiment.settings.map(({ key, text }) => cells(key, text)),
      cells('run made by KVM Parity', report.productVersion),
    ],
  };
}

/** Null where no events are known. */
export function timelineTable({ timeline }: Report): Table | null {
  if (timeline.length === 0) return null;
  return {
    caption: 'What happened when, by the controller’s clock.',
    columns: [wordColumn('Time'), wordColumn('Machine'), textColumn('Event')],
    rows: timeline.map(({ at, machine, text }) => cells(timeText(at), machine ?? 'controller', text)),
  };
}

import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { Report } from '../../src/core/report/model.ts';
import type { ChartName } from '../../src/core/report/page.ts';
import type { Theme } from './theme.ts';

export type LineConfiguration = ChartConfiguration<'line', (number | null)[], string>;
type LineDataset = ChartDataset<'line', (number | null)[]>;
type Side = 'host' | 'guest';

/** Sides differ by dashes and point style as well as by colour. */
const looks = {
  host: { pointStyle: 'circle', borderDash: [] },
  guest: { pointStyle: 'triangle', borderDash: [7, 4] },
} as const;

const sides = ['host', 'guest'] as const;

/** What each chart shows. Charts do not move: a report is read and printed. */
export const chartsByName: Readonly<Record<ChartName, (report: Report, theme: Theme) => LineConfiguration>> =
  {
    scores: (report, theme) => {
      const trials = report.trials;
      const points = (side: Side): LineDataset => ({
        ...lineOf(side, theme),
        label: `${side} score`,
        data: trials.map((t) => (t.side === side && t.counted ? (t.result?.score ?? null) : null)),
        showLine: false,
        pointRadius: 7,
      });
      const mean = (side: Side): LineDataset => ({
        ...lineOf(side, theme),
        label: `${side} mean`,
        data: trials.map(() => report.sides[side].score?.mean ?? null),
        pointRadius: 0,
        pointStyle: 'line',
      });
      return chart(theme, {
        labels: trials.map(({ side, round, attempt, counted, status }) => {
          const again = attempt > 1 ? ` (attempt ${attempt})` : '';
          return `${side} ${round}${again}${counted ? '' : ` ${status === 'ok' ? 'not counted' : status}`}`;
        }),
        datasets: sides.flatMap((side) => [points(side), mean(side)]),
        x: 'trials in the order they ran',
        y: `${metric(report)} (axis not from 0)`,
        fromZero: false,
      });
    },

    curves: (report, theme) =>
      chart(theme, {
        labels: warehouseLabels(report),
        datasets: sides.flatMap((side) => [...bandOf(report, side, theme), curveOf(report, side, theme)]),
        x: 'warehouses (* = part of the score)',
        y: metric(report),
        fromZero: true,
      }),

    ratio: (report, theme) =>
      chart(theme, {
        labels: warehouseLabels(report),
        datasets: [
          {
            label: 'guest / host',
            data: report.points.map(({ ratio }) => ratio),
            ...lineOf('guest', theme),
            borderDash: [],
            pointStyle: 'rectRot',
          },
          {
            label: 'equal (1)',
            data: report.points.map(() => 1),
            ...lineOf('host', theme),
            borderColor: theme.text,
            borderWidth: 1,
            borderDash: [2, 3],
            pointRadius: 0,
            pointStyle: 'line',
          },
        ],
        x: 'warehouses (* = part of the score)',
        y: 'guest / host (axis not from 0)',
        fromZero: false,
      }),
  };

function metric(report: Report): string {
  return `${report.workload?.metric ?? 'throughput'}${report.quick ? ', quick run' : ''}`;
}

function warehouseLabels(report: Report): string[] {
  return report.points.map(({ warehouses, averaged }) => `${warehouses}${averaged ? ' *' : ''}`);
}

function lineOf(side: Side, theme: Theme): Omit<LineDataset, 'data'> {
  return {
    ...looks[side],
    borderDash: [...looks[side].borderDash],
    borderColor: theme[side],
    // Hollow circles let a triangle at the same place be seen.
    backgroundColor: side === 'host' ? 'transparent' : theme[side],
    borderWidth: 2,
    pointBorderWidth: 2,
    pointRadius: 5,
    spanGaps: false,
  };
}

function curveOf(report: Report, side: Side, theme: Theme): LineDataset {
  return {
    ...lineOf(side, theme),
    label: `${side} mean`,
    data: report.points.map((point) => point[side]?.mean ?? null),
  };
}

/** The range from the smallest to the largest trial, behind the curve. Two lines without a name in the legend. */
function bandOf(report: Report, side: Side, theme: Theme): LineDataset[] {
  if (report.points.every((point) => (point[side]?.n ?? 0) < 2)) return [];
  const edge = (data: (number | null)[]): LineDataset => ({
    data,
    borderWidth: 0,
    pointRadius: 0,
    pointHitRadius: 0,
    backgroundColor: side === 'host' ? theme.hostBand : theme.guestBand,
  });
  return [
    { ...edge(report.points.map((point) => point[side]?.min ?? null)), label: '' },
    { ...edge(report.points.map((point) => point[side]?.max ?? null)), label: '', fill: '-1' },
  ];
}

type Content = {
  readonly labels: string[];
  readonly datasets: LineDataset[];
  readonly x: string;
  readonly y: string;
  readonly fromZero: boolean;
};

function chart(theme: Theme, { labels, datasets, x, y, fromZero }: Content): LineConfiguration {
  const font = { family: theme.font, size: 13 };
  const axis = (text: string) => ({
    title: { display: true, text, color: theme.text, font },
    ticks: { color: theme.text, font },
    grid: { color: theme.grid },
    border: { color: theme.grid },
  });
  return {
    type: 'line',
    data: { labels, datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      locale: 'en-US',
      scales: {
        x: { ...axis(x), offset: true },
        y: { ...axis(y), beginAtZero: fromZero, grace: '10%' },
      },
      plugins: {
        legend: {
          labels: {
            color: theme.text,
            font,
            usePointStyle: true,
            filter: ({ text }) => text !== '',
          },
        },
        tooltip: { filter: ({ dataset }) => dataset.label !== '' },
      },
    },
  };
}

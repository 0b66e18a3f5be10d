import { h, type HtmlElement, type HtmlNode } from './element.ts';
import { percentText, ratioText, throughputText } from './format.ts';
import { reportText, severityWords } from './messages.ts';
import type { Report } from './model.ts';
import {
  changesTable,
  environmentTable,
  numbersNote,
  pointsTable,
  programTable,
  ratioTable,
  scoresTable,
  settingsTable,
  timelineTable,
  trialsTable,
  type Cell,
  type Column,
  type Table,
} from './tables.ts';

/** Charts that the page has a place for; the page's script draws them. */
export type ChartName = 'scores' | 'curves' | 'ratio';

/** The body of the report's page. Every chart has a table with its numbers beside it. */
export function reportPage(report: Report): HtmlElement {
  return h(
    'main',
    {},
    header(report),
    section('Findings', findings(report)),
    section(
      'Scores',
      chart('scores', scoresText(report)),
      table(scoresTable(report)),
      table(ratioTable(report)),
    ),
    section(
      'Throughput by warehouses',
      chart('curves', curvesText(report)),
      ...(report.points.some(({ ratio }) => ratio !== null) ? [chart('ratio', ratioPointsText(report))] : []),
      table(pointsTable(report)),
    ),
    section('Trials', table(trialsTable(report))),
    section('Java machines', table(programTable(report))),
    section('Environments', table(environmentTable(report)), table(changesTable(report))),
    section('Settings', table(settingsTable(report))),
    timeline(report),
    h('footer', {}, h('p', {}, numbersNote(report), ` Run made by KVM Parity ${report.productVersion}.`)),
  );
}

function header(report: Report): HtmlElement {
  const { ratio } = report;
  const number = ratio === null ? [] : [h('p', { class: 'ratio' }, ratioText(ratio.ofGeometricMeans))];
  return h(
    'header',
    {},
    h('h1', {}, `${report.experiment.name}: guest against host`),
    h('p', { class: 'run' }, `Run ${report.runId}`),
    h(
      'div',
      { class: report.comparable ? 'verdict' : 'verdict refused' },
      ...number,
      h(
        'div',
        {},
        h('p', { class: 'answer' }, reportText(report.verdict)),
        h('p', { class: 'label' }, numbersNote(report)),
      ),
    ),
  );
}

function findings(report: Report): HtmlNode {
  if (report.findings.length === 0) return h('p', {}, 'None.');
  const items = report.findings.map(({ severity, text }) =>
    h('li', { class: severity }, h('strong', {}, `${severityWords[severity]}: `), reportText(text)),
  );
  return h('ul', { class: 'findings' }, ...items);
}

function section(title: string, ...content: readonly (HtmlNode | null)[]): HtmlElement {
  return h('section', {}, h('h2', {}, title), ...content.filter((node) => node !== null));
}

function chart(name: ChartName, description: string): HtmlElement {
  return h(
    'figure',
    {},
    h('div', { class: 'chart' }, h('canvas', { 'data-chart': name, role: 'img', 'aria-label': description })),
    h('figcaption', {}, description),
  );
}

function table(content: Table | null): HtmlNode | null {
  if (content === null) return null;
  if (content.rows.length === 0) return h('p', {}, 'Nothing to show.');
  const head = content.columns.map(({ text, align }) => h('th', { scope: 'col', class: align }, text));
  const rows = content.rows.map((cells) =>
    h('tr', {}, ...cells.map((cell, index) => tableCell(cell, content.columns[index], index))),
  );
  return h(
    'div',
    // A table wider than the window is scrolled by keyboard too.
    { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': content.caption },
    h(
      'table',
      {},
      h('caption', {}, content.caption),
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...rows),
    ),
  );
}

function tableCell(cell: Cell, column: Column | undefined, index: number): HtmlElement {
  const attributes = { class: [column?.align ?? 'text', cell.tone ?? ''].join(' ').trim() };
  return index === 0 ? h('th', { scope: 'row', ...attributes }, cell.text) : h('td', attributes, cell.text);
}

function timeline(report: Report): HtmlNode {
  const content = table(timelineTable(report));
  if (content === null) return h('div', {});
  return h('section', {}, h('h2', {}, 'Timeline'), h('details', {}, h('summary', {}, 'Show'), content));
}

function scoresText(report: Report): string {
  const side = (name: 'host' | 'guest'): string => {
    const { score } = report.sides[name];
    if (score === null) return `${name}: no valid trial`;
    const cv = score.cv === null ? 'spread not known' : `CV ${percentText(score.cv)}`;
    return `${name}: mean ${throughputText(score.mean)} of ${score.n} (${cv})`;
  };
  return `Score of every attempt in the order they ran. ${side('host')}; ${side('guest')}. ${numbersNote(report)}`;
}

function curvesText(report: Report): string {
  const best = (name: 'host' | 'guest'): string => {
    const points = report.points.flatMap((point) => {
      const summary = point[name];
      return summary === null ? [] : [{ warehouses: point.warehouses, mean: summary.mean }];
    });
    const top = points.toSorted((a, b) => b.mean - a.mean)[0];
    return top === undefined
      ? `${name}: no points`
      : `${name}: highest ${throughputText(top.mean)} at ${top.warehouses} warehouses`;
  };
  return `Mean throughput over the number of warehouses, with the range of the trials. ${best('host')}; ${best('guest')}. ${numbersNote(report)}`;
}

function ratioPointsText(report: Report): string {
  const ratios = report.points.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  const label = report.workload === null ? '' : ` ${report.workload.label}.`;
  return `Guest / host at each number of warehouses: ${ratioText(Math.min(...ratios))} to ${ratioText(Math.max(...ratios))}.${label}`;
}

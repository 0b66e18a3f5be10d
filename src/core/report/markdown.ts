import { printable } from './format.ts';
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
  type Table,
} from './tables.ts';

/** The report as GitHub-flavoured Markdown. Text from machines is escaped: it makes no markup. */
export function renderMarkdown(report: Report): string {
  const findings = report.findings.map(
    ({ severity, text }) => `- **${severityWords[severity]}:** ${escape(reportText(text))}`,
  );
  return [
    `# ${escape(report.experiment.name)}: guest against host`,
    `**${escape(reportText(report.verdict))}**`,
    `*${escape(numbersNote(report))}*`,
    '## Findings',
    findings.length === 0 ? 'None.' : findings.join('\n'),
    '## Scores',
    table(scoresTable(report)),
    table(ratioTable(report)),
    '## Throughput by warehouses',
    table(pointsTable(report)),
    '## Trials',
    table(trialsTable(report)),
    '## Java machines',
    table(programTable(report)),
    '## Environments',
    table(environmentTable(report)),
    table(changesTable(report)),
    '## Settings',
    table(settingsTable(report)),
    ...(report.timeline.length === 0 ? [] : ['## Timeline', table(timelineTable(report))]),
  ]
    .filter((block) => block !== '')
    .join('\n\n')
    .concat('\n');
}

function table(content: Table | null): string {
  if (content === null) return '';
  if (content.rows.length === 0) return 'Nothing to show.';
  const row = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  return [
    escape(content.caption),
    '',
    row(content.columns.map(({ text }) => escape(text))),
    row(content.columns.map(({ align }) => (align === 'number' ? '---:' : '---'))),
    ...content.rows.map((cells) => row(cells.map(({ text }) => escape(text)))),
  ].join('\n');
}

/** Text that Markdown shows as it is, on one line. */
function escape(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>|#~!&$]/g, (character) => `\\${character}`);
}

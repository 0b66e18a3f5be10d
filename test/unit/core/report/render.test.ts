import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRun } from '../../../../src/core/report/compare.ts';
import { renderCsv } from '../../../../src/core/report/csv.ts';
import { h, toHtml, type HtmlNode } from '../../../../src/core/report/element.ts';
import { renderHtml } from '../../../../src/core/report/html.ts';
import { renderJson } from '../../../../src/core/report/json.ts';
import { renderMarkdown } from '../../../../src/core/report/markdown.ts';
import { reportText } from '../../../../src/core/report/messages.ts';
import { reportPage } from '../../../../src/core/report/page.ts';
import { input, result, trial, trials } from './sample.ts';

const crashed = trial('guest', 2, {
  status: 'failed',
  reason: 'exit status 134',
  result: result(1, {
    state: 'partial',
    valid: false,
    score: null,
    points: [],
    problems: [{ code: 'jvm-crashed', evidence: '#  SIGILL (0x4) at pc=0x7f1d' }],
  }),
});
const report = compareRun(
  input({
    trials: [
      ...trials('host', 1000, 1010),
      ...trials('guest', 960),
      crashed,
      trial('guest', 2, { attempt: 2, result: result(951.5) }),
    ],
  }),
);
const assets = { script: 'draw()', style: 'p{}', nonce: 'bm9uY2Ugb2YgdGVzdA==' };
const hostile = `</script><script>alert(1)</script><!--<img src=x onerror='a()'>"&|\`*_[x](y)\u2028`;
const hostileReport = compareRun(
  input({
    experiment: { name: hostile, settings: [{ key: hostile, text: hostile }] },
    trials: [
      trial('host', 1, { machine: hostile }),
      trial('guest', 1, { status: 'failed', reason: hostile, result: null, javaVersion: hostile }),
    ],
    timeline: [{ at: hostile, machine: hostile, text: hostile }],
  }),
);

describe('Markdown', () => {
  test('says what the report says', async () => {
    await expect(renderMarkdown(report)).toMatchFileSnapshot('../../../fixtures/report/report.md');
  });

  test('shows hostile text as text, on one line of its table', () => {
    const markdown = renderMarkdown(hostileReport);
    expect(markdown).not.toMatch(/(?<!\\)<|(?<!\\)\[x/);
    const rows = markdown.split('\n').filter((line) => line.startsWith('| host 1 |'));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.match(/(?<!\\)\|/g)).toHaveLength(12);
  });
});

describe('text of machines', () => {
  const nasty = 'a\u001b[2Jb\u009bc\u202ed\u2028e\u0007';
  const bad = compareRun(
    input({
      trials: [
        trial('host', 1, { javaVersion: nasty, machine: nasty }),
        trial('guest', 1, {
          status: 'failed',
          reason: nasty,
          result: result(1, { score: null, problems: [{ code: 'jvm-crashed', evidence: nasty }] }),
        }),
        trial('guest', 2),
      ],
      timeline: [{ at: nasty, machine: nasty, text: nasty }],
    }),
  );

  test('commands no terminal, in any format', () => {
    for (const text of [renderMarkdown(bad), renderJson(bad), renderCsv(bad)])
      expect(text).not.toMatch(/[^\P{Cc}\r\n]/u);
    expect(renderMarkdown(bad)).not.toMatch(/[\u202e\u2028]/);
    expect(renderJson(bad)).not.toMatch(/[\u202e\u2028]/);
    expect(JSON.parse(renderJson(bad))).toEqual(bad);
  });

  test('is escaped in findings, which the terminal shows too', () => {
    const lines = bad.findings.map(({ text }) => reportText(text));
    expect(lines.join('\n')).toContain(
      'host: a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{2028}e\\u{7}; guest: 17.0.21',
    );
  });
});

test('the order is told as it ran', () => {
  const sides = ['host', 'guest', 'guest', 'host', 'host'] as const;
  const markdown = renderMarkdown(compareRun(input({ trials: sides.map((side, i) => trial(side, i + 1)) })));
  expect(markdown).toContain('| order as run | host, guest, guest, host, host |');
});

describe('CSV', () => {
  test('has a row per trial and point, and one for an attempt without points', async () => {
    const csv = renderCsv(report);
    expect(csv.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    await expect(csv.replaceAll('\r\n', '\n')).toMatchFileSnapshot('../../../fixtures/report/report.csv');
  });

  test('quotes as RFC 4180 says and disarms formulas', () => {
    for (const [reason, cell] of [
      ['=1+1', "'=1+1"],
      ['-Xmx1g', "'-Xmx1g"],
      ['+1', "'+1"],
      ['@SUM(A1)', "'@SUM(A1)"],
      [' =1', "' =1"],
      ['\t1', "'\t1"],
      ['a,b', '"a,b"'],
      ['say "x"', '"say ""x"""'],
      ['a\nb', '"a\nb"'],
      ['=a,"', `"'=a,"""`],
    ]) {
      const csv = renderCsv(
        compareRun(input({ trials: [trial('host', 1, { reason: reason!, result: null })] })),
      );
      expect(csv).toContain(`,${cell!},,,,,`);
    }
  });

  test('gives every row as many cells as there are columns', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, reason) => {
        const csv = renderCsv(
          compareRun(input({ experiment: { name, settings: [] }, trials: [trial('host', 1, { reason })] })),
        );
        expect(parseCsv(csv).map((row) => row.length)).toEqual([23, 23, 23, 23, 23]);
      }),
    );
  });
});

/** Reads RFC 4180, for the test only. */
function parseCsv(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted ?? bare ?? '');
    if (end !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('JSON', () => {
  test('has the fields that others build on', () => {
    expect(JSON.parse(renderJson(report))).toEqual(report);
    expect(Object.keys(report)).toEqual([
      'format',
      'formatVersion',
      'productVersion',
      'runId',
      'experiment',
      'quick',
      'placement',
      'memory',
      'order',
      'startedAt',
      'endedAt',
      'workload',
      'comparable',
      'verdict',
      'findings',
      'sides',
      'ratio',
      'program',
      'points',
      'trials',
      'environment',
      'timeline',
    ]);
  });
});

describe('HTML', () => {
  const html = renderHtml(report, assets);

  test('loads nothing and lets only its own script and style run', () => {
    expect(html).toContain(
      `content="default-src 'none'; script-src 'nonce-${assets.nonce}'; style-src 'nonce-${assets.nonce}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html).not.toMatch(/\b(?:src|href|srcset|action|style|on\w+)=|url\(|@import|https?:/);
  });

  test('refuses a nonce that could end the attribute', () => {
    expect(() => renderHtml(report, { ...assets, nonce: `x' 'unsafe-inline` })).toThrow(RangeError);
  });

  test('names its language and has one first heading and no level left out', () => {
    expect(html).toContain('<html lang="en">');
    const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.slice(1).every((level) => level === 2)).toBe(true);
  });

  test('has a caption and scopes in every table, and the label with every table of numbers', () => {
    const tables = html.match(/<table>.*?<\/table>/gs) ?? [];
    expect(tables.length).toBeGreaterThanOrEqual(6);
    for (const table of tables)
      expect(table).toMatch(/^<table><caption>.+<\/caption><thead><tr><th scope="col"/);
    const numbers = tables.filter((table) => /Mean|Ratio|Score|Warehouses/.test(table));
    expect(numbers).toHaveLength(4);
    for (const table of numbers) expect(table).toContain('not a SPECjbb result');
  });

  test('describes every chart in words and follows it with a table', () => {
    const charts = html.match(/<canvas [^>]*>/g) ?? [];
    expect(charts).toHaveLength(3);
    for (const chart of charts) expect(chart).toMatch(/role="img" aria-label=".{40,}"/);
    for (const section of html.match(/<section>.*?<\/section>/gs) ?? [])
      if (section.includes('<canvas'))
        expect(section.lastIndexOf('<table>')).toBeGreaterThan(section.lastIndexOf('<canvas'));
  });

  test('shows the failed attempt and why', () => {
    expect(html).toMatch(/guest 2.*failed.*exit status 134; jvm-crashed: # {2}SIGILL/s);
  });

  test('keeps hostile text text, in the page and in the data', () => {
    const page = renderHtml(hostileReport, assets);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img|<!--/);
    const data = /id="report-data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    expect(JSON.parse(data)).toEqual(JSON.parse(renderJson(hostileReport)));
  });

  test('does not let a script or style end early', () => {
    const page = renderHtml(report, { ...assets, script: 'x="</script>"', style: '/* </style> */' });
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  test('renders a run in which nothing worked', () => {
    expect(toHtml(reportPage(compareRun(input({ trials: [] }))))).toContain('No result: host and guest');
  });
});

test('no text can leave its element or its attribute', () => {
  const unescape = (text: string): string =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, attribute) => {
      const node: HtmlNode = h('p', { 'aria-label': attribute }, text);
      const match = /^<p aria-label="([^"<>]*)">([^<>]*)<\/p>$/s.exec(toHtml(node));
      expect(match?.slice(1).map(unescape)).toEqual(
        [attribute, text].map((s) => s.replaceAll('\0', '\ufffd')),
      );
    }),
  );
});

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareRun } from '../../core/report/compare.ts';
import { renderCsv } from '../../core/report/csv.ts';
import { renderHtml } from '../../core/report/html.ts';
import { renderJson } from '../../core/report/json.ts';
import { renderMarkdown } from '../../core/report/markdown.ts';
import type { Report } from '../../core/report/model.ts';
import type { RunDescription, RunPaths } from '../directory.ts';
import { writeWhole } from '../files.ts';
import type { RunState } from '../state.ts';
import { reportInput } from './input.ts';

export type ReportFormat = 'html' | 'md' | 'csv' | 'json';
export const reportFormats: readonly ReportFormat[] = ['html', 'md', 'csv', 'json'];

/** Directory of the bundles that the HTML report is dressed with: `page.js` and `style.css`. */
export type ReportAssets = string;

export async function reportOf(
  paths: RunPaths,
  description: RunDescription,
  state: RunState,
): Promise<Report> {
  return compareRun(await reportInput(paths, description, state));
}

/** A report in one of its formats. */
export async function renderReport(
  report: Report,
  format: ReportFormat,
  assets: ReportAssets,
): Promise<string> {
  switch (format) {
    case 'md':
      return renderMarkdown(report);
    case 'csv':
      return renderCsv(report);
    case 'json':
      return renderJson(report);
    case 'html':
      return renderHtml(report, {
        script: await readFile(join(assets, 'page.js'), 'utf8'),
        style: await readFile(join(assets, 'style.css'), 'utf8'),
        nonce: randomBytes(18).toString('base64'),
      });
  }
}

/** Writes `report.html`, `.md`, `.csv` and `.json` beside the journal. */
export async function writeReports(paths: RunPaths, report: Report, assets: ReportAssets): Promise<void> {
  for (const format of reportFormats) {
    await writeWhole(join(paths.directory, `report.${format}`), await renderReport(report, format, assets));
  }
}

import { escapeHtml, toHtml } from './element.ts';
import { jsonForScript } from './json.ts';
import type { Report } from './model.ts';
import { reportPage } from './page.ts';

/** What the page is dressed and drawn with: the bundles of `webviews/report`. */
export type PageAssets = {
  readonly script: string;
  readonly style: string;
  /** Made anew for each page by the caller, base64 of at least 16 random bytes. */
  readonly nonce: string;
};

/**
 * The report as one self-contained HTML file. It loads nothing from anywhere; its policy lets only our
 * script and style run. Without scripts the tables say all that the charts show.
 *
 * @throws RangeError where the nonce is not base64.
 */
export function renderHtml(report: Report, { script, style, nonce }: PageAssets): string {
  if (!/^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(nonce)) throw new RangeError('the nonce must be base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(`${report.experiment.name}: guest against host`)}</title>`,
    `<style nonce="${nonce}">${style.replace(/<\/(?=style)/gi, '<\\/')}</style>`,
    '</head>',
    '<body>',
    toHtml(reportPage(report)),
    `<script type="application/json" id="report-data">${jsonForScript(report)}</script>`,
    `<script nonce="${nonce}">${script.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--')}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

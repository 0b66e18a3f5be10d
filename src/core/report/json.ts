import type { Report } from './model.ts';

/** The report as JSON: the fields of `Report` (model.ts), with `format` and `formatVersion`. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** JSON that can stand inside a script element: nothing in it can end the element or begin a comment. */
export function jsonForScript(report: Report): string {
  return JSON.stringify(report)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

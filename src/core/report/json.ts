import type { Report } from './model.ts';

/** The report as JSON: the fields of `Report` (model.ts), with `format` and `formatVersion`. */
export function renderJson(report: Report): string {
  return `${forTerminal(JSON.stringify(report, null, 2))}\n`;
}

/** The same JSON, with escapes for what JSON.stringify leaves as it is and a terminal may obey: C1 controls, directions of writing. */
function forTerminal(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON that can stand inside a script element: nothing in it can end the element or begin a comment. */
export function jsonForScript(report: Report): string {
  return JSON.stringify(report)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

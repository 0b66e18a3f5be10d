import type { ErrorData } from './error.ts';

/**
 * Fills `{name}` of a template of one of the `messages.ts` tables with `data.name`; an unknown placeholder stays
 * visible. The CLI prints the English templates, VS Code translates them first.
 */
export function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = data[name];
    return value === undefined || value === null ? whole : String(value);
  });
}

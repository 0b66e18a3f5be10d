import type { ErrorData } from './error.ts';

/**
 * English templates for every reason and text code; `{name}` is replaced by `data.name`.
 * VS Code translates the template, the CLI prints it.
 */
export type Messages = Readonly<Record<string, string>>;

/** Fills a template; an unknown placeholder stays visible. */
export function fill(template: string, data: ErrorData): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = data[name];
    return value === undefined || value === null ? whole : String(value);
  });
}

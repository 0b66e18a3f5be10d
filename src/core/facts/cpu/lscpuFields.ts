import { notUnderstood } from '../error.ts';
import { filledLines } from '../lines.ts';

/** One line of lscpu: `L1d cache:` is field `L1d cache`. JSON counts as line 1. */
export type LscpuField = {
  readonly line: number;
  readonly field: string;
  readonly data: string;
  readonly whole: boolean;
};

/**
 * The fields of `lscpu` or `lscpu -J`, flat or nested, in their order. lscpu indents only on a terminal, and
 * wraps long values there: such a value is not `whole`, for words may be broken anywhere.
 */
export function lscpuFields(text: string): readonly LscpuField[] {
  return text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{')
    ? fieldsOfJson(text)
    : fieldsOfText(text);
}

function fieldsOfText(text: string): LscpuField[] {
  const fields: LscpuField[] = [];
  for (const { number, text: found } of filledLines(text)) {
    const match = /^ {0,8}(\S[^:]{0,80}):(?:\s+(.*))?$/.exec(found);
    const last = fields.at(-1);
    if (match?.[1] !== undefined) {
      fields.push({ line: number, field: match[1], data: (match[2] ?? '').trim(), whole: true });
    } else if (last !== undefined && /^\s{9}/.test(found)) {
      fields[fields.length - 1] = { ...last, data: `${last.data} ${found.trim()}`, whole: false };
    } else if (last?.field === 'Flags' && /^\s*[a-z0-9_]+( [a-z0-9_]+)*$/.test(found)) {
      // Wrapped by something that does not indent.
      fields[fields.length - 1] = { ...last, data: `${last.data} ${found.trim()}`, whole: false };
    } else {
      throw notUnderstood({ kind: 'lscpu', line: number, found, expected: 'a line "Field: value" of lscpu' });
    }
  }
  return fields;
}

function fieldsOfJson(text: string): LscpuField[] {
  const refuse = (found: string): Error =>
    notUnderstood({
      kind: 'lscpu',
      line: 1,
      found,
      expected: 'JSON of lscpu -J: {"lscpu": [{"field", "data"}]}',
    });
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw refuse(text.split('\n')[0] ?? '');
  }
  const fields: LscpuField[] = [];
  const collect = (list: unknown, depth: number): void => {
    if (!Array.isArray(list) || depth > 8) throw refuse(JSON.stringify(list ?? null));
    for (const entry of list as unknown[]) {
      if (typeof entry !== 'object' || entry === null) throw refuse(JSON.stringify(entry));
      const { field, data, children } = entry as { field?: unknown; data?: unknown; children?: unknown };
      if (typeof field !== 'string') throw refuse(JSON.stringify(entry));
      const value = typeof data === 'string' || typeof data === 'number' ? String(data).trim() : '';
      fields.push({ line: 1, field: field.replace(/:$/, ''), data: value, whole: true });
      if (children !== undefined) collect(children, depth + 1);
    }
  };
  collect((json as { lscpu?: unknown } | null)?.lscpu, 0);
  return fields;
}

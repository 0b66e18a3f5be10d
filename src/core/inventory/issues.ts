import type * as z from 'zod/mini';
import type { ErrorData } from '../error.ts';
import { nearest } from '../text/nearest.ts';
import { inventoryMessages } from './messages.ts';
import type { Finding, InventoryReason, Path } from './problem.ts';
import { knownKeys, laterWorkloads, workloads } from './schema.ts';

type Issue = z.core.$ZodIssue;

const expectedWords: Readonly<Record<string, string>> = {
  object: 'a map (such as {})',
  record: 'a map (such as {})',
  array: 'a list (such as [])',
  string: 'text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** What the schema says against `data`, in our words. */
export function findingsOf(issue: Issue, data: unknown): readonly Finding[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  const found = valueAt(data, path);
  if (found === undefined) {
    if (path.length === 1 && path[0] === 'version')
      return [{ reason: 'version-missing', path: [], at: 'map' }];
    return [
      { reason: 'missing-key', path: path.slice(0, -1), at: 'map', data: { key: String(path.at(-1)) } },
    ];
  }
  if (found === null)
    return [{ reason: 'empty-value', path, at: 'key', data: { expected: expectedBy(issue) } }];
  return wrongValue(issue, path, found);
}

function wrongValue(issue: Issue, path: Path, found: unknown): readonly Finding[] {
  if (issue.code === 'invalid_type') {
    const unquoted = issue.expected === 'string' && typeof found !== 'object';
    const data = {
      expected: expectedBy(issue),
      found: typeof found === 'number' && !unquoted ? String(found) : kindOf(found),
    };
    return [{ reason: unquoted ? 'text-unquoted' : 'wrong-type', path, data }];
  }
  // A version in quotes: `"1"` beside `1` would puzzle.
  if (issue.code === 'invalid_value' && typeof issue.values[0] === 'number' && typeof found !== 'number')
    return [
      {
        reason: 'wrong-type',
        path,
        data: { expected: `the number ${issue.values[0]}`, found: kindOf(found) },
      },
    ];
  if (issue.code === 'invalid_value')
    return [{ reason: 'wrong-value', path, data: { allowed: issue.values.map(String).join(', ') } }];
  if (issue.code === 'too_small') return coded(issue, path, { minimum: Number(issue.minimum) });
  if (issue.code === 'too_big') return coded(issue, path, { maximum: Number(issue.maximum) });
  return coded(issue, path, {});
}

/** The schema gives its reason as message. Zod's own bound of safe integers has none, and always a narrower one beside it. */
function coded(issue: Issue, path: Path, data: ErrorData): readonly Finding[] {
  return isReason(issue.message) ? [{ reason: issue.message, path, data }] : [];
}

function isReason(message: string): message is InventoryReason {
  return Object.hasOwn(inventoryMessages, message);
}

function unknownKey(parent: Path, key: string): Finding {
  const path = [...parent, key];
  if (
    parent.length === 3 &&
    parent[0] === 'experiments' &&
    parent[2] === 'workload' &&
    laterWorkloads.includes(key)
  )
    return { reason: 'workload-not-available', path, at: 'key', data: { allowed: workloads.join(', ') } };
  const allowed = knownKeys(parent);
  const near = nearest(key, allowed);
  const data = { allowed: allowed.join(', ') };
  if (near === undefined) return { reason: 'unknown-key', path, at: 'key', data };
  return { reason: 'misspelled-key', path, at: 'key', data: { ...data, near } };
}

function expectedBy(issue: Issue): string {
  if (issue.code === 'invalid_type') return expectedWords[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
  return 'auto or a whole number';
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'true or false';
  return 'a number';
}

/** What is in the data at a path; undefined where nothing is. */
function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Readonly<Record<string | number, unknown>>)[part];
  }, data);
}

import { type Document, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { keyText, scalarText, spanOf } from './document.ts';
import type { Fault, Finding, Path } from './problem.ts';

/** Longest value that a message shows. */
const SHOWN = 80;

/** Where a finding is in the text. What is not there at all is at the nearest thing around it. */
export function placeOf(document: Document, finding: Finding): Fault {
  if (finding.span !== undefined) return { ...finding, span: finding.span };
  const { key, value } = lookUp(document, finding.path);
  const nodes = (finding.at ?? 'value') === 'value' ? [value, key] : [key, value];
  const span = nodes.map(spanOf).find((found) => found !== undefined);
  return { ...finding, span: span ?? spanOf(document.contents) ?? [0, 0] };
}

/** What a message shows of the key or value to blame. */
export function shownAt(document: Document, finding: Finding): string | undefined {
  if (finding.at === 'map' || finding.path.length === 0) return undefined;
  const { key, value } = lookUp(document, finding.path);
  const shown = finding.at === 'key' ? key : value;
  const node = isAlias(shown) ? shown.resolve(document) : shown;
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quoted(node.value);
  return printable(node.source ?? scalarText(node));
}

type Found = { readonly key?: unknown; readonly value: unknown };

/** The last pair of a path: where a key is there twice, its last value is the one in the data. */
function lookUp(document: Document, path: Path): Found {
  let found: Found = { value: document.contents };
  for (const part of path) {
    const node = isAlias(found.value) ? found.value.resolve(document) : found.value;
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => keyText(key) === String(part));
      if (pair === undefined) return found;
      found = pair;
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      found = { value: node.items[part] };
    } else return found;
  }
  return found;
}

/** `hosts.r1.guests.vm1.record[0]`; names that could be misread are quoted: `experiments["overhead-5.3"]`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(part)) return `[${quoted(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** In double quotes, without anything that could steer a terminal or reorder the line, and not too long. */
export function quoted(text: string): string {
  return `"${printable(text)}"`;
}

function printable(text: string): string {
  const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return short.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

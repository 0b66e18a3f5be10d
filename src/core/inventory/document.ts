import { Composer, Lexer, Parser, isAlias, isMap, isScalar, isSeq, visit } from 'yaml';
import type { CST, Document, Scalar } from 'yaml';
import { type Place, placesOf } from './lines.ts';
import type { Fault, Finding, InventoryReason, Path, Span } from './problem.ts';

/** UTF-16 units; a real inventory has some thousands. */
const MAXIMUM_LENGTH = 1024 * 1024;
/** Entries of the parser's stack, two or three for each level. The parser recurses: this guards its stack. */
const MAXIMUM_STACK = 100;
const MAXIMUM_DEPTH = 30;
const MAXIMUM_ALIASES = 100;

/** YAML 1.2's core schema whatever a %YAML directive says. Duplicate keys are found below, with the line of the first. */
const options = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false,
  logLevel: 'error',
} as const;

export type ReadDocument =
  | { readonly document: Document; readonly data: unknown; readonly faults: readonly Fault[] }
  | { readonly document: null; readonly faults: readonly Fault[] };

/**
 * Reads YAML 1.2 (core schema: no dates, `no` is text, no merge keys) without trusting it: size, depth and aliases
 * are bounded. With a document the faults are those that leave its data readable: keys that are twice there or no text.
 */
export function readDocument(text: string): ReadDocument {
  const unreadable = faultOfText(text);
  if (unreadable !== undefined) return { document: null, faults: [unreadable] };
  const tokens = tokensOf(text);
  if (!Array.isArray(tokens)) return { document: null, faults: [tokens] };
  const [document, second] = new Composer(options).compose(tokens, true, text.length);
  const syntax = [...(document?.errors ?? []), ...(document?.warnings ?? [])].map(({ code, message, pos }) =>
    code === 'TAB_AS_INDENT'
      ? fault('yaml-tab', pos)
      : fault('yaml-syntax', pos, { detail: message.replace(/\.$/, '') }),
  );
  if (second !== undefined) syntax.push(fault('several-documents', [second.range[0], second.range[0] + 1]));
  if (syntax.length > 0) return { document: null, faults: syntax };
  if (document === undefined || isEmpty(document))
    return { document: null, faults: [fault('file-empty', [0, 0])] };
  const aliases = faultsOfAliases(document);
  if (aliases.length > 0) return { document: null, faults: aliases };
  try {
    const faults = faultsOfKeys(document.contents, placesOf(text), []);
    const odd = faults.filter(({ reason }) => reason === 'key-no-scalar');
    if (odd.length > 0) return { document: null, faults: odd };
    const data: unknown = document.toJS({ maxAliasCount: MAXIMUM_ALIASES });
    return { document, data, faults };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { document: null, faults: [fault('alias-limit', [0, 0], { maximum: MAXIMUM_ALIASES })] };
  }
}

function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function fault(reason: InventoryReason, span: Span, data?: Finding['data']): Fault {
  return { reason, path: [], span, ...(data && { data }) };
}

function faultOfText(text: string): Fault | undefined {
  if (text.length > MAXIMUM_LENGTH)
    return fault('file-too-large', [0, 0], { length: text.length, maximum: MAXIMUM_LENGTH });
  // U+FFFD is what a decoder leaves of bytes that are no UTF-8; UTF-16 read as UTF-8 is full of NUL.
  const strange = text.search(/[\0\ufffd]/);
  if (strange >= 0) return fault('file-not-text', [strange, strange + 1]);
  return undefined;
}

/** Composing recurses, and at the end of the stack the engine may abort instead of throwing: too deep stops here. */
function tokensOf(text: string): CST.Token[] | Fault {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAXIMUM_STACK)
      return fault('nested-too-deep', [parser.offset, parser.offset], { maximum: MAXIMUM_DEPTH });
  }
  tokens.push(...parser.end());
  return tokens;
}

/** Resolving an alias searches the document, so too many are refused before any is resolved. */
function faultsOfAliases(document: Document): readonly Fault[] {
  const aliases: { readonly source: string; readonly span: Span; readonly known: boolean }[] = [];
  const anchors = new Set<string>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const span: Span = [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
        aliases.push({ source: node.source, span, known: anchors.has(node.source) });
      } else if ('anchor' in node && node.anchor) anchors.add(node.anchor);
    },
  });
  const excess = aliases[MAXIMUM_ALIASES];
  if (excess !== undefined) return [fault('alias-limit', excess.span, { maximum: MAXIMUM_ALIASES })];
  return aliases
    .filter(({ known }) => !known)
    .map(({ source, span }) => fault('alias-unknown', span, { alias: source }));
}

function faultsOfKeys(node: unknown, placeIn: (span: Span) => Place, path: Path): readonly Fault[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => faultsOfKeys(item, placeIn, [...path, index]));
  if (!isMap(node)) return [];
  const first = new Map<string, Span>();
  return node.items.flatMap(({ key, value }) => {
    const name = keyText(key);
    const span = spanOf(key) ?? spanOf(value) ?? [0, 0];
    const here = { path: [...path, name], at: 'key', span } as const;
    const faults: Fault[] = [];
    if (!isScalar(key)) faults.push({ ...here, reason: 'key-no-scalar' });
    else if (typeof key.value !== 'string') faults.push({ ...here, reason: 'key-not-text' });
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, span);
    else faults.push({ ...here, reason: 'duplicate-key', data: { first: placeIn(earlier).line } });
    return [...faults, ...faultsOfKeys(value, placeIn, here.path)];
  });
}

/** The key as the data has it. */
export function keyText(key: unknown): string {
  return isScalar(key) ? scalarText(key) : String(key);
}

/** A scalar's value as text. The core schema has text, numbers, booleans and null. */
export function scalarText({ value }: Scalar): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Place of a node; undefined where it takes no room, as a value that was left out. */
export function spanOf(node: unknown): Span | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  const [start, end] = node.range ?? [0, 0];
  return end > start ? [start, end] : undefined;
}

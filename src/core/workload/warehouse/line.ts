/** One record that the program printed: `warehouse: KIND word key=value key="value"`. */
export type WarehouseLine = {
  readonly kind: string;
  /** Words without `=`: the reason of INVALID, the `end` that closes lines with numbers. */
  readonly words: readonly string[];
  readonly fields: ReadonlyMap<string, string>;
};

const prefix = 'warehouse: ';
const token = /(?:([a-z][a-z0-9.-]*)=(?:"([ !#-~]*)"|([^\s"=]+))|([a-z][a-z-]*))(?: |$)/y;
const head = /^([A-Z]+(?:-[A-Z]+)*)(?: |$)/;

/**
 * Reads one line without its line end: undefined where it is no record (messages for people begin with a small
 * letter), `damaged` where it is one but not whole, or is glued to another program's output.
 */
export function parseLine(line: string): WarehouseLine | 'damaged' | undefined {
  if (!/warehouse: [A-Z]/.test(line)) return undefined;
  if (!line.startsWith(prefix)) return 'damaged';
  const body = line.slice(prefix.length);
  const kind = head.exec(body)?.[1];
  if (kind === undefined) return 'damaged';
  const words: string[] = [];
  const fields = new Map<string, string>();
  token.lastIndex = Math.min(kind.length + 1, body.length);
  while (token.lastIndex < body.length) {
    const match = token.exec(body);
    if (match === null) return 'damaged';
    const [, key, quoted, bare, word] = match;
    if (word !== undefined) words.push(word);
    else if (key === undefined || fields.has(key)) return 'damaged';
    else fields.set(key, quoted ?? bare ?? '');
  }
  return { kind, words, fields };
}

/** A number as the program prints it: digits, at most two decimals. Undefined where it is anything else. */
export function numberField(line: WarehouseLine, key: string): number | undefined {
  const text = line.fields.get(key);
  return text !== undefined && /^\d{1,15}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined;
}

/** `1,2,4` as numbers; undefined where it is anything else or does not rise. */
export function numberListField(line: WarehouseLine, key: string): readonly number[] | undefined {
  const text = line.fields.get(key);
  if (text === undefined || !/^\d{1,5}(,\d{1,5})*$/.test(text)) return undefined;
  const numbers = text.split(',').map(Number);
  return numbers.every((number, index) => number > (numbers[index - 1] ?? 0)) ? numbers : undefined;
}

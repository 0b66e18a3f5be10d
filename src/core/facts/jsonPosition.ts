type Expecting = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

/* eslint-disable no-control-regex -- JSON strings hold none of them */
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
/* eslint-enable no-control-regex */

/**
 * Where a text stops being JSON (RFC 8259): the offset of the first token that cannot stand there, or the
 * text's length where it ends too early. JSON.parse says so for some errors only, in words that change.
 */
export function jsonErrorAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let expecting: Expecting = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const start = skipBlanks(text, at);
    if (match === null) return start;
    const [, punctuation, string] = match;
    const next = step(expecting, punctuation ?? (string === undefined ? 'scalar' : 'string'), open);
    if (next === undefined) return start;
    expecting = next;
    at = TOKEN.lastIndex;
  }
}

function step(expecting: Expecting, token: string, open: ('{' | '[')[]): Expecting | undefined {
  const inner = open.at(-1);
  const closes = (token === '}' && inner === '{') || (token === ']' && inner === '[');
  const mayClose: Expecting = inner === '{' ? 'key-or-end' : 'value-or-end';
  if (closes && (expecting === 'comma-or-end' || expecting === mayClose)) {
    open.pop();
    return open.length > 0 ? 'comma-or-end' : 'nothing';
  }
  if (expecting === 'key' || expecting === 'key-or-end') return token === 'string' ? 'colon' : undefined;
  if (expecting === 'colon') return token === ':' ? 'value' : undefined;
  if (expecting === 'comma-or-end') return token === ',' ? (inner === '{' ? 'key' : 'value') : undefined;
  if (expecting === 'nothing') return undefined;
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'key-or-end' : 'value-or-end';
  }
  if (token !== 'string' && token !== 'scalar') return undefined;
  return inner === undefined ? 'nothing' : 'comma-or-end';
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at += 1;
  return at;
}

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FactsError } from '../../../../src/core/facts/error.ts';
import { factsMessages } from '../../../../src/core/facts/messages.ts';
import { parseKinds, parseText } from '../../../../src/core/facts/parse.ts';
import { readCaptures } from '../../../../src/core/facts/probe/frame.ts';
import { fill } from '../../../../src/core/messages.ts';
import { failureOf } from './fixture.ts';

const ROOT = new URL('../../../fixtures/facts/', import.meta.url);
const fixtures = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'));

/** A fixture with some pieces cut out, doubled or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...fixtures),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(40),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 12 }),
          fc.constantFrom('\n', ':', '  ', '99999999999999999999', '{', '- ', '[', '"'),
        ),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((current, [at, length, insert]) => {
      const start = at % (current.length + 1);
      return current.slice(0, start) + insert + current.slice(start + length);
    }, text),
  );

function onlyCoded(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FactsError)) throw error;
    expect(fill(factsMessages[error.reason], error.data)).not.toMatch(/\{\w+\}/);
  }
}

describe('whatever text comes', () => {
  test.each(Object.entries(parseKinds))('%s understands it or says where it does not', (_kind, parse) => {
    fc.assert(
      fc.property(mutated, (text) => {
        onlyCoded(() => parse(text));
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.keys(parseKinds).filter((kind) => kind !== 'who'))('%s refuses an empty text', (kind) => {
    expect(failureOf(() => parseText(kind, '')).reason).toBe('not-understood');
  });

  test('a kind that does not exist is refused with those that do', () => {
    expect(failureOf(() => parseText('toString', '')).reason).toBe('kind-unknown');
    expect(String(failureOf(() => parseText('cpu', 'x')).data.known)).toContain('lscpu');
  });

  test('a frame is read or refused', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.nat(60), (noise, at) => {
        const frame = new TextEncoder().encode('N begin 1\nN errors 2\nab\nN capture 2 0 3\nlsabc\nN end\n');
        const mixed = new Uint8Array([...frame.subarray(0, at), ...noise, ...frame.subarray(at)]);
        onlyCoded(() => readCaptures(mixed, 'N'));
      }),
    );
  });

  test.each([
    ['a long line of blanks', ' '.repeat(200_000)],
    ['a long line of commas', `CPU(s): 4\nOn-line CPU(s) list: ${'1,'.repeat(60_000)}`],
    ['many quotes', '"'.repeat(100_000)],
    ['a deep JSON', `{"lscpu":${'['.repeat(5_000)}`],
    ['a long word', 'a'.repeat(200_000)],
    ['many escapes', '\u001b]'.repeat(50_000)],
    ['a long row', `1 ${'x '.repeat(100_000)}`],
  ])('%s takes no time', (_name, text) => {
    const start = performance.now();
    for (const parse of Object.values(parseKinds)) {
      onlyCoded(() => parse(text));
      onlyCoded(() => parse(`# cat /proc/x\n${text}`));
      onlyCoded(() => parse(` Id   Name   State\n${text}`));
    }
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

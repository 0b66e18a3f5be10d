import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonErrorAt } from '../../../../src/core/facts/jsonPosition.ts';

describe('the place where JSON is damaged', () => {
  test.each([
    ['{"a": x}', 6],
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ['{"a": [1, 2', 11],
    ['{"a" 1}', 5],
    ['["a\nb"]', 1],
    ['[]\n]', 3],
    ['', 0],
    ['[}', 1],
  ])('of %j is %i', (text, at) => {
    expect(jsonErrorAt(text)).toBe(at);
  });

  test('is the end of every text that JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(jsonErrorAt(text)).toBe(text.length);
      }),
    );
  });

  test('is never before the last character that is fine', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), fc.nat(), (value, cut) => {
        const text = JSON.stringify([value]);
        const at = cut % text.length;
        // A control character is nowhere allowed: all before it is a beginning of good JSON, tokens aside.
        expect(jsonErrorAt(`${text.slice(0, at)}\u0001${text.slice(at)}`)).toBeLessThanOrEqual(at);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote } from '../../../../src/core/script/quote.ts';
import {
  payload,
  type ParameterValue,
  type Script,
  ScriptError,
} from '../../../../src/core/script/script.ts';

const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));

/** Reads one single-quoted word as POSIX 2.2 says: everything up to the next quote is itself, `\'` is a quote. */
function unquote(word: string): string {
  const parts = /^'(.*)'$/s.exec(word)?.[1]?.split(`'\\''`);
  if (parts === undefined || parts.some((part) => part.includes("'")))
    throw new Error(`not one word: ${word}`);
  return parts.join("'");
}

describe('A quoted value', () => {
  it('is one shell word that stands for exactly the value', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(unquote(quote(value))).toBe(value);
      }),
    );
  });

  it('is another word for another value', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(quote(one) === quote(other)).toBe(one === other);
      }),
    );
  });

  it('is joined with its neighbour without a seam', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const joined = `${quote(one)}${quote(other)}`;
        expect(joined.replaceAll(`'\\''`, '').replaceAll(/'[^']*'/g, '')).toBe('');
      }),
    );
  });

  it.each([
    ['', "''"],
    ["'", "''\\'''"],
    ['$(reboot) `reboot` "$HOME" \\ ; & | \n *', `'$(reboot) \`reboot\` "$HOME" \\ ; & | \n *'`],
    ['-n', "'-n'"],
  ])('of %j is %s', (value, word) => {
    expect(quote(value)).toBe(word);
  });

  it('cannot hold a NUL', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});

const script: Script = {
  name: 'test/script',
  text: '#!/bin/sh\nset -eu\necho "$NAME $COUNT $FLAG"\n',
  parameters: { NAME: 'string', COUNT: 'integer', FLAG: 'flag' },
};
const values = { NAME: "it's", COUNT: -3, FLAG: true };

describe('What is sent to sh', () => {
  it('is one export for each parameter in the declared order, then the script byte for byte', () => {
    expect(payload(script, { FLAG: false, COUNT: 7, NAME: "it's" })).toBe(
      `export LC_ALL=C\nexport NAME='it'\\''s'\nexport COUNT='7'\nexport FLAG='no'\n${script.text}`,
    );
    expect(payload(script, values)).toContain("export FLAG='yes'");
  });

  it('ends with the script, whatever the values hold', () => {
    fc.assert(
      fc.property(text, (name) => {
        expect(payload(script, { ...values, NAME: name }).endsWith(`\n${script.text}`)).toBe(true);
      }),
    );
  });

  function refusal(change: Readonly<Record<string, ParameterValue>>, without?: string): unknown {
    const given = Object.entries({ ...values, ...change }).filter(([name]) => name !== without);
    try {
      payload(script, Object.fromEntries(given));
    } catch (error) {
      return error instanceof ScriptError ? { reason: error.reason, ...error.data } : error;
    }
    return undefined;
  }

  it.each(['NAME', 'COUNT', 'FLAG'])('is refused where %s is missing', (parameter) => {
    expect(refusal({}, parameter)).toEqual({ reason: 'parameter-missing', script: script.name, parameter });
  });

  it.each(['OTHER', 'name', 'PATH', 'toString', 'constructor', 'X=1; reboot'])(
    'is refused where %s is not declared',
    (parameter) => {
      expect(refusal({ [parameter]: 'x' })).toEqual({
        reason: 'parameter-unknown',
        script: script.name,
        parameter,
      });
    },
  );

  it.each([
    ['NAME', 'string', 7],
    ['NAME', 'string', 'a\0b'],
    ['COUNT', 'integer', '7'],
    ['COUNT', 'integer', 1.5],
    ['COUNT', 'integer', Number.NaN],
    ['COUNT', 'integer', Number.POSITIVE_INFINITY],
    ['COUNT', 'integer', 2 ** 53],
    ['FLAG', 'flag', 'yes'],
    ['FLAG', 'flag', 1],
  ] as const)('is refused where %s is no %s: %j', (parameter, type, value) => {
    expect(refusal({ [parameter]: value })).toEqual({
      reason: 'parameter-type',
      script: script.name,
      parameter,
      type,
    });
  });
});

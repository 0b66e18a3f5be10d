import { describe, expect, it } from 'vitest';
import { nearest } from '../../../../src/core/text/nearest.ts';

describe('nearest', () => {
  it('finds what was meant by a missing, a wrong, an added and a swapped letter', () => {
    const known = ['become', 'record', 'guests'];
    for (const [word, meant] of [
      ['becom', 'become'],
      ['recorb', 'record'],
      ['guestss', 'guests'],
      ['guetss', 'guests'],
    ] as const)
      expect(nearest(word, known)).toBe(meant);
  });

  it('does not mind upper case, hyphens and underscores', () => {
    expect(nearest('reboot-each', ['rebootEach'])).toBe('rebootEach');
    expect(nearest('RAMP_SECONDS', ['rampSeconds'])).toBe('rampSeconds');
  });

  it('prefers the nearest, and names nothing where nothing is near', () => {
    expect(nearest('host', ['hosts', 'host'])).toBe('host');
    expect(nearest('flavour', ['become', 'record'])).toBeUndefined();
    expect(nearest('', ['become'])).toBeUndefined();
    expect(nearest('become', [])).toBeUndefined();
  });

  it('does not spend time on words that are too long to be a misspelling', () => {
    expect(nearest('a'.repeat(100_000), ['become'])).toBeUndefined();
  });
});

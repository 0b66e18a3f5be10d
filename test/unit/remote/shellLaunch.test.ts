import { describe, expect, it } from 'vitest';
import { directoryName } from '../../../src/remote/job/jobs.ts';
import { launchLine } from '../../../src/remote/shell/scripts.ts';

describe('the launch line', () => {
  it('is one word of plain characters to any login shell', () => {
    const [, word] = /^exec sh -c '([^']*)'$/.exec(launchLine) ?? [];
    expect(word).toMatch(/^[^'\\!\n]+$/);
    // Room for sudo and the login shell's own words: far below every limit.
    expect(launchLine.length).toBeLessThan(500);
  });
});

describe('the name of a job’s directory', () => {
  it.each([
    ['measure-host/trial-2', 'measure-host%2Ftrial-2'],
    ['a b', 'a%20b'],
    ['..', '%2E.'],
    ['.', '%2E'],
    ['-rf', '%2Drf'],
    ['100%', '100%25'],
    ['é', '%C3%A9'],
    ["a'\n", 'a%27%0A'],
  ])('for %j is %j', (id, name) => {
    expect(directoryName(id)).toBe(name);
  });

  it('is refused where it would be empty or too long', () => {
    expect(() => directoryName('')).toThrow(RangeError);
    expect(() => directoryName('x'.repeat(256))).toThrow(RangeError);
  });
});

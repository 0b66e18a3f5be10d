import { describe, expect, it } from 'vitest';
import { reportExit, verdictLines } from '../../../src/cli/verdict.ts';
import { compareRun } from '../../../src/core/report/compare.ts';
import { input, result, trial, trials } from '../core/report/sample.ts';

const invalid = trial('guest', 1, {
  status: 'invalid',
  result: result(900, { valid: false, score: null }),
});

describe('The exit code of a report', () => {
  it('is 0 where both sides can be compared', () => {
    expect(reportExit(compareRun(input()))).toBe(0);
  });

  it('is 0 for a quick run too: that it proves nothing was asked for', () => {
    expect(reportExit(compareRun(input({ quick: true })))).toBe(0);
  });

  it('is 3 where a side has no valid trial', () => {
    expect(reportExit(compareRun(input({ trials: [...trials('host', 1000, 1010), invalid] })))).toBe(3);
    expect(reportExit(compareRun(input({ trials: trials('host', 1000, 1010) })))).toBe(3);
    expect(reportExit(compareRun(input({ trials: [] })))).toBe(3);
  });

  it('is 3 where the sides ran different configurations', () => {
    const guest = trials('guest', 950, 960).map((one) => ({ ...one, configHash: 'sha256:0000000000000000' }));
    expect(reportExit(compareRun(input({ trials: [...trials('host', 1000, 1010), ...guest] })))).toBe(3);
  });
});

describe('What is said of a report', () => {
  it('is the verdict, what the numbers are not, and every finding, with nothing left to fill in', () => {
    const lines = verdictLines(
      compareRun(input({ quick: true, trials: [...trials('host', 1000, 1010), invalid] })),
    );
    expect(lines.some((line) => line.includes('not a SPECjbb result'))).toBe(true);
    expect(lines.some((line) => line.startsWith('failure: '))).toBe(true);
    expect(lines.join('\n')).not.toMatch(/\{\w+\}/);
  });

  it('names the command that measures a side again: the run has ended, so it is not resumed', () => {
    const lines = verdictLines(compareRun(input({ trials: trials('host', 1000, 1010) }))).join('\n');
    expect(lines).toMatch(
      /kvm-parity run \S+ --into 20260203-080000-overhead --stage measure-guest --stage report/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { errorExit, explainError } from '../../../src/cli/errors.ts';
import { InputError } from '../../../src/cli/session.ts';
import { FactsError } from '../../../src/core/facts/error.ts';
import { PlanError } from '../../../src/core/recipe/stage.ts';
import { WorkloadError } from '../../../src/core/workload/error.ts';
import { TransportError } from '../../../src/remote/error.ts';
import { RunError } from '../../../src/run/error.ts';

describe('The exit code of a command that ends with an error', () => {
  it.each([
    new InputError('experiment-unknown', { experiment: 'x', known: 'none' }),
    new PlanError('java-missing', { machine: 'vm1' }),
    new FactsError('kind-unknown', { kind: 'x', known: 'y' }),
    new WorkloadError('warehouses-unusable', { value: 0 }),
    new RunError('run-not-found', { run: 'x', directory: '/d', matches: 0 }),
    new RunError('nothing-to-resume', { run: 'x', status: 'completed' }),
    new RunError('format-newer', { file: 'f', found: 2, known: 1 }),
    new RunError('not-approved'),
    new RunError('address-unknown', { machine: 'vm1', user: 'root' }),
  ])('is 2 where the input is at fault: %s', (error) => {
    expect(errorExit(error)).toBe(2);
  });

  it.each([
    new RunError('journal-damaged', { file: 'f', line: 3 }),
    new RunError('runner-active', { pid: 1, machine: 'm' }),
    new RunError('controller-disk-full', { file: 'f' }),
    TransportError.of('unreachable', { machine: 'vm1', host: 'h', port: 22, detail: 'refused' }),
    new TypeError('x is not a function'),
    'a string that somebody threw',
  ])('is 1 for everything else: %s', (error) => {
    expect(errorExit(error)).toBe(1);
  });
});

describe('What is said of an error', () => {
  it('is its text with its values, and its code for searching', () => {
    expect(explainError(new InputError('experiment-unknown', { experiment: 'x', known: 'a, b' }))).toBe(
      'There is no experiment "x" in the inventory. Known: a, b. [experiment-unknown]',
    );
  });

  it('is a stack where nobody foresaw it', () => {
    expect(explainError(new TypeError('boom'))).toMatch(/^TypeError: boom\n\s+at /);
    expect(explainError('just text')).toBe('just text');
  });
});

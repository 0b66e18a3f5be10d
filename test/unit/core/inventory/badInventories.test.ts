import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadInventory } from '../../../../src/core/inventory/load.ts';
import { formatProblem } from '../../../../src/core/inventory/messages.ts';

/** Each `NAME.yaml` has beside it in `NAME.txt` what is to be said of it. */
const fixtures = new URL('../../../fixtures/inventory/', import.meta.url);
const files = readdirSync(fixtures);
const names = files.filter((name) => name.endsWith('.yaml'));

describe('Every bad inventory is refused with all that is wrong in it', () => {
  it('has its expected problems beside it, none without the other', () => {
    const ending = (end: string): readonly string[] =>
      files.filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length));
    expect(ending('.txt')).toEqual(ending('.yaml'));
    expect(names.length).toBeGreaterThan(20);
  });

  it.each(names)('%s', async (name) => {
    const text = readFileSync(new URL(name, fixtures), 'utf8');
    const { inventory, problems } = loadInventory(text, name);
    expect(inventory).toBeNull();
    const lines = problems.map(
      (problem) => `${formatProblem(problem)}\n  ${problem.reason} ${problem.path}\n`,
    );
    await expect(lines.join('')).toMatchFileSnapshot(
      new URL(name.replace(/yaml$/, 'txt'), fixtures).pathname,
    );
  });
});

import { readFileSync } from 'node:fs';
import { FactsError, type FactsReason } from '../../../../src/core/facts/error.ts';

/** A file of test/fixtures/facts. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../../fixtures/facts/${name}`, import.meta.url), 'utf8');
}

/** The reason and data that `run` fails with; fails itself where it does not. */
export function failureOf(run: () => unknown): { reason: FactsReason; data: FactsError['data'] } {
  try {
    run();
  } catch (error) {
    if (error instanceof FactsError) return { reason: error.reason, data: error.data };
    throw error;
  }
  throw new Error('it was understood');
}

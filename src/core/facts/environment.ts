import type { Capture } from './capture.ts';

export const ENVIRONMENT_FORMAT = 1;

/**
 * Everything that was asked of one machine at one moment, with the raw answers. Facts are read from it
 * when needed (`readFacts`), so that a better parser improves old environments too.
 * This is what `probe` writes; its JSON is an interface.
 */
export type Environment = {
  readonly format: 'kvm-parity-environment';
  readonly formatVersion: typeof ENVIRONMENT_FORMAT;
  /** Name in the inventory. */
  readonly machine: string;
  readonly role: 'host' | 'guest';
  /** When the probe ended, ISO 8601, by the controller's clock. Null for a transcript. */
  readonly takenAt: string | null;
  readonly captures: readonly Capture[];
};

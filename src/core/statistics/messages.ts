import type { StatisticsReason } from './error.ts';

/** Texts for the reasons of StatisticsError. */
export const statisticsMessages: Record<StatisticsReason, string> = {
  'no-values':
    'There are no values to summarise. This is a defect of KVM Parity: please report it with the run.',
  'not-finite':
    'The value {value} cannot be summarised: it is not a finite number. This is a defect of KVM Parity: please report it with the run.',
};

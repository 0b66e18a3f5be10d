import { CodedError } from '../error.ts';

/** Why numbers cannot be summarised: a defect of the caller, who sorts out invalid results before. */
export type StatisticsReason = 'no-values' | 'not-finite';

export class StatisticsError extends CodedError<StatisticsReason> {}

import { CodedError } from '../error.ts';

/** Why a workload cannot be started as the experiment says. Texts: `messages.ts`. */
export type WorkloadReason = 'java-option-line' | 'seconds-unusable' | 'warehouses-unusable';

export class WorkloadError extends CodedError<WorkloadReason> {}

import { fill } from '../core/messages.ts';
import { factsMessages } from '../core/facts/messages.ts';
import { planMessages } from '../core/recipe/messages.ts';
import { statisticsMessages } from '../core/statistics/messages.ts';
import { workloadMessages, workloadProblemMessages } from '../core/workload/messages.ts';
import { transportMessages } from '../remote/messages.ts';
import type { Failure } from './events.ts';
import { failureMessages, runMessages } from './messages.ts';

/** English templates of every reason and text that a run may show, by code. */
export const allMessages: Readonly<Record<string, string>> = {
  ...factsMessages,
  ...planMessages,
  ...statisticsMessages,
  ...workloadMessages,
  ...transportMessages,
  ...runMessages,
  ...failureMessages,
};

/** A failure as a sentence; one without a template shows its code and data. */
export function describeFailure({ reason, data }: Failure): string {
  const template = allMessages[reason];
  if (template === undefined) return `${reason} ${JSON.stringify(data)}`;
  const problem = Object.entries(workloadProblemMessages).find(([code]) => code === data.problem);
  return fill(template, problem === undefined ? data : { ...data, explanation: problem[1] });
}

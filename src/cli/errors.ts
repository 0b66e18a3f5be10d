import { CodedError } from '../core/error.ts';
import { FactsError } from '../core/facts/error.ts';
import { fill } from '../core/messages.ts';
import { PlanError } from '../core/recipe/stage.ts';
import { WorkloadError } from '../core/workload/error.ts';
import { allMessages } from '../run/describe.ts';
import { RunError } from '../run/error.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { InputError, inputMessages } from './session.ts';

/** Messages of everything that a command can throw. */
export const cliMessages: Readonly<Record<string, string>> = { ...allMessages, ...inputMessages };

/** Areas whose errors the user's input caused, all of them. */
const inputErrors = [InputError, PlanError, FactsError, WorkloadError];

/** Exit code of a command that ended with an error. */
export function errorExit(error: unknown): ExitCode {
  const isBadInput =
    inputErrors.some((area) => error instanceof area) ||
    RunError.is(
      error,
      'run-not-found',
      'nothing-to-resume',
      'format-newer',
      'not-approved',
      'machine-not-listed',
      'address-unknown',
    );
  return isBadInput ? exitCodes.badInput : exitCodes.failed;
}

/** What to tell the user of an error; one that we did not foresee comes with its stack. */
export function explainError(error: unknown): string {
  if (!(error instanceof CodedError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const template = cliMessages[String(error.reason)];
  const text = template === undefined ? error.message : fill(template, error.data);
  return `${text} [${String(error.reason)}]`;
}

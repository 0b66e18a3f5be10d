import { CodedError } from '../error.ts';

/** Why text from a machine, or a file with such text, cannot be used. */
export type FactsReason =
  | 'not-understood'
  | 'kind-unknown'
  | 'probe-damaged'
  | 'probe-incomplete'
  | 'environment-newer'
  | 'json-damaged'
  | 'environment-invalid';

export class FactsError extends CodedError<FactsReason> {}

/** What `notUnderstood` says: which kind of text, where (line from 1), what stood there, what was expected. */
export type Misread = {
  readonly kind: string;
  readonly line: number;
  readonly found: string;
  readonly expected: string;
};

/** The error of every parser: never a made-up value. */
export function notUnderstood(misread: Misread): FactsError {
  const { kind, line, expected } = misread;
  const found = misread.found.length > 120 ? `${misread.found.slice(0, 120)}…` : misread.found;
  return new FactsError('not-understood', {
    kind,
    line,
    found: found === '' ? '(nothing)' : found,
    expected,
  });
}

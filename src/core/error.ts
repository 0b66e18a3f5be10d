/** Data that explains an error: machine names, paths, line numbers. Never a secret. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Base of every error of this product: a reason code plus data, never prose to be matched.
 * The edges (CLI, VS Code) turn `reason` and `data` into text with the table in `messages.ts`.
 * `message` is for logs only.
 */
export abstract class CodedError<Reason extends string> extends Error {
  readonly reason: Reason;
  readonly data: ErrorData;

  constructor(reason: Reason, data: ErrorData = {}, options?: ErrorOptions) {
    super(`${reason} ${JSON.stringify(data)}`, options);
    this.reason = reason;
    this.data = data;
  }
}

/** Exit codes of the CLI; an interface. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** Wrong usage, or input that is not what it should be. */
  badInput: 2,
  /** Everything was measured, but the two sides cannot be compared. */
  notComparable: 3,
  /** Ctrl-C, as shells count a signal: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * One command that was asked on a machine and what it answered: the raw text that facts come from.
 * A probe writes captures; so does anyone who records a shell session with `script` or `tee`.
 */
export type Capture = {
  /** The command line as a user would type it: `lscpu -J`, `cat /proc/meminfo`. */
  readonly command: string;
  /** Standard output, verbatim, decoded as UTF-8. In a transcript: all that was shown. */
  readonly output: string;
  /** Standard error where it was kept apart. */
  readonly errors: string;
  /** Exit status; null where it is not known (a transcript does not show it). 127: command not found. */
  readonly exitStatus: number | null;
};

/**
 * The first capture whose command is one of `commands`; a successful one is preferred, so that a list of
 * alternatives (`lscpu -J`, then `lscpu`) can be asked in order of preference.
 */
export function findCapture(
  captures: readonly Capture[],
  ...commands: readonly string[]
): Capture | undefined {
  const candidates = commands.flatMap((command) => captures.filter((capture) => capture.command === command));
  return candidates.find((capture) => succeeded(capture)) ?? candidates[0];
}

/** Whether the command can be taken to have worked: status 0, or not known. */
export function succeeded(capture: Capture): boolean {
  return capture.exitStatus === 0 || capture.exitStatus === null;
}

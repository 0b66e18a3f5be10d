import type { Capture } from './capture.ts';

/** A command that is no fact's: of the inventory's `record`, or whatever a transcript holds. */
export type CaptureRecord = {
  readonly command: string;
  readonly exitStatus: number | null;
  readonly output: string;
  readonly errors: string;
  /** Where every line reads `key : value`: the pairs in their order (recipe 3.1: `hostinfo`). Else null. */
  readonly pairs: readonly { readonly key: string; readonly value: string }[] | null;
};

export function recordOf(capture: Capture): CaptureRecord {
  const lines = capture.output.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => /^\s*([^:\s][^:]*?)\s*:(?:\s(.*))?$/.exec(line.trimEnd()));
  const all = pairs.flatMap((match) =>
    match?.[1] === undefined ? [] : [{ key: match[1], value: (match[2] ?? '').trim() }],
  );
  const { command, exitStatus, output, errors } = capture;
  return {
    command,
    exitStatus,
    output,
    errors,
    pairs: all.length > 0 && all.length === lines.length ? all : null,
  };
}

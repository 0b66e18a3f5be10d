import type { JobStart, JobState } from '../jobs.ts';
import { notUnderstood, TEXT_LIMIT } from '../shell/run.ts';

/** Reads what `start.sh` printed. @throws TransportError `answer-not-understood` */
export function parseStart(machine: string, output: string): JobStart {
  const [, state, pid, bootId] = /^(started|exists) (\d+) \d+ ([0-9a-f-]{36})\n$/.exec(output) ?? [];
  if ((state !== 'started' && state !== 'exists') || pid === undefined || bootId === undefined) {
    throw notUnderstood(machine, output);
  }
  return { state, pid: Number(pid), bootId };
}

/** Reads what `state.sh` printed. @throws TransportError `answer-not-understood` */
export function parseState(machine: string, output: string): JobState {
  const end = output.indexOf('\n');
  const words = output.slice(0, Math.max(end, 0)).split(' ');
  const [kind, ...rest] = words;
  if (kind === 'absent' && rest.length === 0) return { state: 'absent' };
  if (kind === 'lost') {
    const [because, ...numbers] = rest;
    const [logBytes] = counts(machine, { output, words: numbers, wanted: 1 });
    if (because !== 'reboot' && because !== 'killed') throw notUnderstood(machine, output);
    return { state: 'lost', because, logBytes: logBytes ?? 0 };
  }
  if (kind === 'running') {
    const [logBytes = 0] = counts(machine, { output, words: rest, wanted: 1 });
    return { state: 'running', logBytes };
  }
  if (kind !== 'exited') throw notUnderstood(machine, output);
  const [exitStatus = 0, freeBytes = 0, logBytes = 0] = counts(machine, { output, words: rest, wanted: 3 });
  const { outputs, badOutput } = parseOutputs(output.slice(end + 1));
  return { state: 'exited', exitStatus, logBytes, freeBytes, outputs, badOutput };
}

function counts(
  machine: string,
  { output, words, wanted }: { output: string; words: readonly string[]; wanted: number },
): readonly number[] {
  if (words.length !== wanted || words.some((word) => !/^\d+$/.test(word))) {
    throw notUnderstood(machine, output);
  }
  return words.map(Number);
}

/** Lines `NAME=value`; the last of a name counts. A last line without its end is bad: its value may have been cut off. */
function parseOutputs(text: string): {
  readonly outputs: Readonly<Record<string, string>>;
  readonly badOutput: string | null;
} {
  const lines = text.split('\n');
  const unfinished = lines.pop() ?? '';
  const read = lines.map((line) => ({ line, match: /^([A-Za-z_]\w*)=(.*)$/.exec(line) }));
  const bad = read.find(({ match }) => match === null)?.line ?? (unfinished === '' ? undefined : unfinished);
  return {
    outputs: Object.fromEntries(
      read.flatMap(({ match }) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const])),
    ),
    badOutput: bad?.slice(0, TEXT_LIMIT) ?? null,
  };
}

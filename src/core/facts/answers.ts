import { findCapture, succeeded, type Capture } from './capture.ts';
import { FactsError } from './error.ts';
import { known, unavailable, type Fact } from './fact.ts';

/** A file that was shown, whichever command showed it. */
export type FileAnswer = { readonly path: string; readonly text: string };

/**
 * The captures of one machine as facts ask for them. It remembers which were asked for: what no fact knows
 * is a record.
 */
export type Answers = {
  /** The capture of a command, in order of preference; a successful one first. */
  readonly capture: (...commands: readonly (string | RegExp)[]) => Capture | undefined;
  /** Its standard output; unavailable where it failed. */
  readonly output: (...commands: readonly (string | RegExp)[]) => Fact<string>;
  /** A file's content, from `cat FILE` or `grep … FILES`. */
  readonly file: (path: string) => Fact<string>;
  /** All files whose path matches; unavailable where none was shown. */
  readonly files: (path: RegExp) => Fact<readonly FileAnswer[]>;
  /** Captures that nothing asked for yet. */
  readonly unused: () => readonly Capture[];
};

type Shown = FileAnswer & { readonly capture: Capture };

export function answersOf(captures: readonly Capture[]): Answers {
  const used = new Set<Capture>();
  const shown = captures.flatMap(filesShown);

  const candidates = (command: string | RegExp): Capture[] =>
    captures.filter((one) => {
      const asked = plainCommand(one.command);
      return typeof command === 'string' ? asked === command : command.test(asked);
    });

  const capture: Answers['capture'] = (...commands) => {
    const all = commands.flatMap(candidates);
    for (const one of all) used.add(one);
    return findCapture(all, ...all.map((one) => one.command));
  };

  /** Why none of these paths was shown, by the capture that was to show them. */
  const notShown = (asks: (path: string) => boolean): Fact<never> => {
    const asking = captures.filter((one) => pathsAsked(one.command).some(asks));
    for (const one of asking) used.add(one);
    const [first] = asking;
    if (first === undefined) return unavailable('not-asked', 'it was not asked for');
    return succeeded(first) ? unavailable('missing', 'no such file', first) : whyNot(first);
  };

  return {
    capture,
    output: (...commands) => {
      const found = capture(...commands);
      if (found === undefined) return unavailable('not-asked', 'it was not asked for');
      const failed = !succeeded(found) || (found.exitStatus === null && looksFailed(found));
      return failed ? whyNot(found) : known(found.output, found);
    },
    file: (path) => {
      const found = shown.find((one) => one.path === path);
      if (found === undefined) return notShown((asked) => globPattern(asked).test(path));
      used.add(found.capture);
      return known(found.text, found.capture);
    },
    files: (path) => {
      const found = shown.filter((one) => path.test(one.path));
      for (const one of found) used.add(one.capture);
      const from = [...new Set(found.map((one) => one.capture))];
      // `*` stands for a name in the patterns of our own questions; a number is one in all of them.
      return found.length > 0
        ? known(found, ...from)
        : notShown((asked) => path.test(asked.replaceAll('*', '0')));
    },
    unused: () => captures.filter((one) => !used.has(one)),
  };
}

/** Applies a parser to a known text; what it does not understand becomes a fact of that. */
export function understood<A, B>(fact: Fact<A>, parse: (value: A) => B): Fact<B> {
  if (fact.state === 'unavailable') return fact;
  try {
    return { state: 'known', value: parse(fact.value), from: fact.from };
  } catch (error) {
    if (!(error instanceof FactsError)) throw error;
    const { line, found, expected } = error.data;
    const detail = `line ${String(line)} reads "${String(found)}", expected ${String(expected)}`;
    return { state: 'unavailable', why: 'not-understood', detail, from: fact.from };
  }
}

/** The first fact that is known, else the first that says more than that nobody asked. */
export function firstKnown<T>(...facts: readonly [Fact<T>, ...Fact<T>[]]): Fact<T> {
  return (
    facts.find((fact) => fact.state === 'known') ??
    facts.find((fact) => fact.state === 'unavailable' && fact.why !== 'not-asked') ??
    facts[0]
  );
}

/** Why a capture holds no answer. The texts are those of LC_ALL=C: coreutils, grep, sh. */
export function whyNot(capture: Capture): Fact<never> {
  const said = capture.errors.trim() === '' ? capture.output : capture.errors;
  const line = said.split('\n').find((one) => one.trim() !== '') ?? '';
  const { exitStatus } = capture;
  if (exitStatus === 127 || /(?:command not found|: not found)$/.test(line.trim())) {
    return unavailable('missing', 'command not found', capture);
  }
  if (exitStatus === 124 || exitStatus === 137) {
    return unavailable('failed', 'it took too long and was ended', capture);
  }
  const detail = line.trim().slice(0, 200) || `it ended with exit status ${String(exitStatus)}`;
  if (said.includes('No such file or directory')) return unavailable('missing', 'no such file', capture);
  if (/Permission denied|Operation not permitted|must be root/i.test(said))
    return unavailable('denied', detail, capture);
  return unavailable('failed', detail, capture);
}

/** In a transcript nobody noted the exit status: the shell's own complaint stands for it. */
function looksFailed(capture: Capture): boolean {
  const lines = capture.output.split('\n').filter((line) => line.trim() !== '');
  return (
    lines.length <= 2 &&
    lines.some((line) =>
      /^\S.*: (?:command not found|not found|No such file or directory|Permission denied)$/.test(line.trim()),
    )
  );
}

const CAT = /^cat (\/\S+)$/;
const GREP = /^grep (?:-[Hs]+ )*(?:''|""|\.) (\/.*)$/;

/** What people put before a command in a recorded session, and which changes nothing for us. */
function plainCommand(command: string): string {
  return command.replace(/^(?:sudo (?:-n )?|(?:LC_ALL|LANG|LANGUAGE|TERM)=\S* )+/, '');
}

/** The paths or patterns of paths that a command shows: of one file for cat, of any number for grep. */
function pathsAsked(typed: string): readonly string[] {
  const command = plainCommand(typed);
  const one = CAT.exec(command)?.[1];
  if (one !== undefined) return [one];
  return (
    GREP.exec(command)?.[1]
      ?.split(' ')
      .filter((path) => path !== '') ?? []
  );
}

function filesShown(capture: Capture): readonly Shown[] {
  const asked = pathsAsked(capture.command);
  const [only] = asked;
  if (only === undefined) return [];
  if (CAT.test(plainCommand(capture.command))) {
    const failed = !succeeded(capture) || (capture.exitStatus === null && looksFailed(capture));
    return failed || only.includes('*') ? [] : [{ path: only, text: capture.output, capture }];
  }
  const texts = new Map<string, string>();
  for (const line of capture.output.split('\n')) {
    const match = /^(\/[^:]*):(.*)$/.exec(line);
    if (match?.[1] === undefined) continue;
    texts.set(match[1], `${texts.get(match[1]) ?? ''}${match[2] ?? ''}\n`);
  }
  // Without -H and with one file grep prints no names.
  if (
    texts.size === 0 &&
    asked.length === 1 &&
    !only.includes('*') &&
    capture.output !== '' &&
    succeeded(capture)
  ) {
    return looksFailed(capture) ? [] : [{ path: only, text: capture.output, capture }];
  }
  return [...texts].map(([path, text]) => ({ path, text, capture }));
}

/** A shell pattern whose only special character is `*`, which matches within one directory. */
function globPattern(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${escaped}$`);
}

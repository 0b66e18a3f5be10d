import { understood, whyNot } from '../answers.ts';
import { succeeded } from '../capture.ts';
import { notUnderstood } from '../error.ts';
import { known, unavailable, valueOf } from '../fact.ts';
import { filledLines } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** What `java -version` says; every JVM since 1.4 prints these three lines, on standard error. */
export type JavaVersion = {
  /** `17.0.21`, `1.8.0_392` */
  readonly version: string;
  /** First word of the first line: `openjdk`, `java`. */
  readonly vendor: string;
  /** `OpenJDK Runtime Environment (build …)` */
  readonly runtime: string;
  /** `OpenJDK 64-Bit Server VM (build …, mixed mode, sharing)` */
  readonly vm: string;
};

export type Java = JavaVersion & {
  /** Where `java` of the PATH leads in the end; null where it was not asked. */
  readonly path: string | null;
};

export function parseJavaVersion(text: string): JavaVersion {
  const kind = 'java-version';
  // What stands before it: "Picked up JAVA_TOOL_OPTIONS: …", warnings.
  const lines = filledLines(text);
  const start = lines.findIndex((line) => /^\S+ version "[^"]+"/.test(line.text));
  const match = /^(\S+) version "([^"]+)"/.exec(lines[start]?.text ?? '');
  const runtime = lines[start + 1]?.text;
  const vm = lines[start + 2]?.text;
  if (match?.[1] === undefined || match[2] === undefined) {
    throw notUnderstood({ kind, line: 1, found: lines[0]?.text ?? '', expected: 'NAME version "VERSION"' });
  }
  if (runtime === undefined || vm === undefined || !/\(.*build/.test(runtime)) {
    const line = lines[start]?.number ?? 1;
    throw notUnderstood({
      kind,
      line: line + 1,
      found: runtime ?? '',
      expected: 'lines of the runtime and of the VM',
    });
  }
  return { version: match[2], vendor: match[1], runtime: runtime.trim(), vm: vm.trim() };
}

export const java: FactSpec<Java> = {
  read: (answers) => {
    const path = answers.output(/^readlink -f \S*\/java$/, /^readlink -f \$\(which java\)$/);
    const capture = answers.capture('java -XX:-UsePerfData -version', 'java -version');
    if (capture === undefined) return unavailable('not-asked', 'it was not asked for');
    if (!succeeded(capture)) return whyNot(capture);
    const text = capture.errors.trim() === '' ? capture.output : capture.errors;
    const version = understood(known(text, capture), parseJavaVersion);
    if (version.state === 'unavailable' && /: (?:command )?not found/.test(text)) return whyNot(capture);
    return understood(version, (value) => ({ ...value, path: valueOf(path)?.trim() ?? null }));
  },
  keys: ['java.version', 'java.vm'],
  summarise: ({ version, runtime, vm, path }) => [
    ['java.version', version],
    ['java.runtime', runtime],
    ['java.vm', vm],
    ['java.path', path],
  ],
};

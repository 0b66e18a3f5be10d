import type { Capture } from './capture.ts';

/**
 * One typed thing that a probe found out about a machine.
 * A missing tool or file is an answer too (`unavailable`), never a crash.
 */
export type Fact<T> =
  | { readonly state: 'known'; readonly value: T; readonly from: readonly string[] }
  | {
      readonly state: 'unavailable';
      readonly why: Unavailable;
      readonly detail: string;
      readonly from: readonly string[];
    };

/**
 * not-asked: no such command in the captures; missing: command or file absent; denied: no permission;
 * not-understood: the answer is not of a known shape; failed: the command ended with an error.
 */
export type Unavailable = 'not-asked' | 'missing' | 'denied' | 'not-understood' | 'failed';

export function known<T>(value: T, ...from: readonly Capture[]): Fact<T> {
  return { state: 'known', value, from: from.map((capture) => capture.command) };
}

export function unavailable(why: Unavailable, detail: string, ...from: readonly Capture[]): Fact<never> {
  return { state: 'unavailable', why, detail, from: from.map((capture) => capture.command) };
}

/** The value of a known fact, else undefined. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.state === 'known' ? fact.value : undefined;
}

import type { Capture } from '../capture.ts';
import { FactsError } from '../error.ts';

/** Longest line that the frame itself has: the nonce and three numbers. */
const LONGEST_LINE = 300;

/**
 * Reads the frame that `driver.sh` writes, byte for byte: whatever the answers hold, even our own marks.
 * Bytes before the begin mark (a talkative shell profile) and after the end mark are left out.
 *
 * @throws FactsError `probe-incomplete` where the end mark is missing, `probe-damaged` where something else
 *   stands in the frame.
 */
export function readCaptures(stdout: Uint8Array, nonce: string): Capture[] {
  const frame = new Frame(stdout, nonce);
  const captures: Capture[] = [];
  for (;;) {
    const [kind, ...numbers] = frame.mark();
    if (kind === 'end' && numbers.length === 0) return captures;
    const [length] = numbers;
    if (kind !== 'errors' || length === undefined) throw frame.damaged('a mark of kind errors or end');
    const errors = frame.text(length);
    frame.newline();
    const [next, commandLength, exitStatus, outputLength] = frame.mark();
    if (
      next !== 'capture' ||
      commandLength === undefined ||
      exitStatus === undefined ||
      outputLength === undefined
    ) {
      throw frame.damaged('a mark of kind capture');
    }
    const command = frame.text(commandLength);
    const output = frame.text(outputLength);
    frame.newline();
    captures.push({ command, output, errors, exitStatus });
  }
}

class Frame {
  readonly #bytes: Uint8Array;
  readonly #nonce: string;
  #at: number;

  constructor(bytes: Uint8Array, nonce: string) {
    this.#bytes = bytes;
    this.#nonce = nonce;
    this.#at = begin(bytes, `${nonce} begin 1\n`);
    if (this.#at < 0) throw this.#incomplete();
  }

  /** The words of the next mark after the nonce; numbers as numbers. */
  mark(): [kind: string, ...numbers: number[]] {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0 && this.#bytes.length - this.#at <= LONGEST_LINE) throw this.#incomplete();
    if (end < 0 || end - this.#at > LONGEST_LINE) throw this.damaged('a mark of the frame');
    const line = decode(this.#bytes.subarray(this.#at, end));
    const [nonce, kind, ...words] = line.split(' ');
    if (nonce !== this.#nonce || kind === undefined || !words.every((word) => /^\d{1,12}$/.test(word))) {
      throw this.damaged('a mark of the frame');
    }
    this.#at = end + 1;
    return [kind, ...words.map(Number)];
  }

  text(length: number): string {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#incomplete();
    const text = decode(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return text;
  }

  newline(): void {
    if (this.#at >= this.#bytes.length) throw this.#incomplete();
    if (this.#bytes[this.#at] !== 10) throw this.damaged('a newline');
    this.#at += 1;
  }

  damaged(expected: string): FactsError {
    const found = decode(this.#bytes.subarray(this.#at, this.#at + 40));
    return new FactsError('probe-damaged', { offset: this.#at, found, expected });
  }

  #incomplete(): FactsError {
    return new FactsError('probe-incomplete', { bytes: this.#bytes.length });
  }
}

/** Where the frame's first mark ends; it starts a line or the text. -1 where there is none. */
function begin(bytes: Uint8Array, mark: string): number {
  const wanted = new TextEncoder().encode(mark);
  for (let at = bytes.indexOf(wanted[0] ?? 0); at >= 0; at = bytes.indexOf(wanted[0] ?? 0, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at + wanted.length;
  }
  return -1;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

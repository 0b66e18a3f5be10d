/** Collects output up to a limit, then decodes it as a whole: characters may be cut by chunks. */
export class Collector {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  #length = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False where the limit is passed. */
  add(chunk: Uint8Array): boolean {
    this.#length += chunk.length;
    if (this.#length > this.#limit) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** UTF-8; a byte order mark is kept, what is not UTF-8 becomes U+FFFD. */
  text(): string {
    return decode(Buffer.concat(this.#chunks));
  }
}

/** Keeps the last bytes of an output. */
export class Tail {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #cut = false;
  readonly #limit: number;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Twice the limit, so that many small chunks are not copied each time.
    if (this.#length > 2 * this.#limit) this.#compact();
  }

  /** UTF-8; a character that the cut went through is left out. */
  text(): string {
    this.#compact();
    const bytes = this.#chunks[0] ?? new Uint8Array();
    let start = 0;
    while (this.#cut && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
    return decode(bytes.subarray(start));
  }

  #compact(): void {
    const bytes = Buffer.concat(this.#chunks);
    const excess = Math.max(0, bytes.length - this.#limit);
    this.#cut ||= excess > 0;
    const kept = Buffer.from(bytes.subarray(excess));
    this.#chunks = [kept];
    this.#length = kept.length;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Bytes before the marker that are kept for an error message. */
const NOISE_LIMIT = 64 * 1024;

/**
 * Separates what others print before our script starts (banners of login shells, sudo's lecture) from what
 * the script prints: everything up to and including the first line `marker` is noise, all bytes after it are the script's.
 */
export class MarkerFilter {
  readonly #line: Buffer;
  #found = false;
  /** The first bytes of the noise. */
  #noise = Buffer.alloc(0);
  /** The last bytes seen, where the marker may have begun. */
  #tail = Buffer.alloc(0);

  constructor(marker: string) {
    this.#line = Buffer.from(`${marker}\n`);
  }

  get found(): boolean {
    return this.#found;
  }

  /** What came before the marker, its first 64 KiB. */
  get noise(): string {
    return this.#noise.toString('utf8');
  }

  /** The script's bytes in `chunk`, undefined where there are none. */
  take(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#found) return chunk.length > 0 ? chunk : undefined;
    const bytes = Buffer.concat([this.#tail, chunk]);
    const at = bytes.indexOf(this.#line);
    if (at < 0) {
      const keep = Math.min(bytes.length, this.#line.length - 1);
      this.#addNoise(bytes.subarray(0, bytes.length - keep));
      this.#tail = bytes.subarray(bytes.length - keep);
      return undefined;
    }
    this.#found = true;
    this.#addNoise(bytes.subarray(0, at));
    this.#tail = Buffer.alloc(0);
    const rest = bytes.subarray(at + this.#line.length);
    return rest.length > 0 ? rest : undefined;
  }

  /** No more bytes come: without a marker all of it was noise. */
  end(): void {
    this.#addNoise(this.#tail);
    this.#tail = Buffer.alloc(0);
  }

  #addNoise(bytes: Uint8Array): void {
    const room = NOISE_LIMIT - this.#noise.length;
    if (room > 0) this.#noise = Buffer.concat([this.#noise, bytes.subarray(0, room)]);
  }
}

import type { Questions } from '../questions.ts';

/** A time limit that stands still while a person is asked. Aborts `signal` when the time is up. */
export class Deadline {
  readonly #controller = new AbortController();
  #leftMs: number;
  #pauses = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#leftMs = limitMs;
    this.#run();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async pause<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#halt();
    try {
      return await work();
    } finally {
      this.#pauses -= 1;
      if (this.#pauses === 0) this.#run();
    }
  }

  stop(): void {
    this.#halt();
    // A pause that ends later must not start the clock again.
    this.#pauses += 1;
  }

  #run(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.#leftMs);
  }

  #halt(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedAt));
  }
}

/** The same questions; the clock stands still while they are asked. */
export function pausing(questions: Questions, deadline: Deadline): Questions {
  return {
    acceptHostKey: (question, signal) => deadline.pause(() => questions.acceptHostKey(question, signal)),
    noteHostKey: (question) => questions.noteHostKey?.(question),
    secret: (question, signal) => deadline.pause(() => questions.secret(question, signal)),
  };
}

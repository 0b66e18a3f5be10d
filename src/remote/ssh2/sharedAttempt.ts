/**
 * Work that several callers wait for and that is done once. A caller who gives up leaves the others waiting; when
 * the last one has gone, the work is aborted. After it settled, the next caller starts it anew.
 */
export class SharedAttempt<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #current:
    { readonly promise: Promise<T>; readonly controller: AbortController; waiting: number } | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** @throws what the work throws, or `cancelled()` where this caller's signal is aborted first */
  join(signal: AbortSignal, cancelled: () => Error): Promise<T> {
    if (signal.aborted) return Promise.reject(cancelled());
    const attempt = (this.#current ??= this.#start());
    attempt.waiting += 1;
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        attempt.waiting -= 1;
        if (attempt.waiting === 0) this.#drop(attempt.controller);
        reject(cancelled());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      attempt.promise.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', onAbort);
      });
    });
  }

  abort(): void {
    if (this.#current !== undefined) this.#drop(this.#current.controller);
  }

  #start() {
    const controller = new AbortController();
    const promise = this.#work(controller.signal).finally(() => {
      if (this.#current?.controller === controller) this.#current = undefined;
    });
    promise.catch(() => undefined);
    return { promise, controller, waiting: 0 };
  }

  /** A new caller must not join work that is being given up. */
  #drop(controller: AbortController): void {
    if (this.#current?.controller === controller) this.#current = undefined;
    controller.abort();
  }
}

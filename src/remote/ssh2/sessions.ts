/** OpenSSH allows ten sessions per connection (MaxSessions) and frees a slot a little after the client sees it closed. */
const LIMIT = 5;

type Waiter = { readonly grant: () => void; readonly drop: () => void };

export type SlotEnd = 'granted' | 'closed' | 'aborted' | 'timeout';

/** How many channels of one connection may be open; who comes later waits in line. */
export class SessionSlots {
  #open = 0;
  #limit = LIMIT;
  #closed = false;
  readonly #waiting: Waiter[] = [];

  get open(): number {
    return this.#open;
  }

  /** What the server was found to allow; `LIMIT` where it never refused. */
  get limit(): number {
    return this.#limit;
  }

  get isReduced(): boolean {
    return this.#limit < LIMIT;
  }

  /** Waits for a slot. closed: the connection ended meanwhile. */
  async acquire(signal: AbortSignal, timeoutMs?: number): Promise<SlotEnd> {
    if (this.#closed) return 'closed';
    if (signal.aborted) return 'aborted';
    if (this.#waiting.length === 0 && this.#open < this.#limit) {
      this.#open += 1;
      return 'granted';
    }
    return new Promise<SlotEnd>((resolve) => {
      const end = (how: SlotEnd) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(how);
      };
      const onAbort = () => {
        end('aborted');
      };
      const waiter: Waiter = {
        grant: () => {
          this.#open += 1;
          end('granted');
        },
        drop: () => {
          end('closed');
        },
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              end('timeout');
            }, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  release(): void {
    this.#open -= 1;
    this.#next();
  }

  /** The server refused one more than are open now: it allows fewer than we thought. */
  refused(): void {
    this.#limit = Math.max(1, Math.min(this.#limit, this.#open));
  }

  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiting]) waiter.drop();
  }

  #next(): void {
    if (this.#open < this.#limit) this.#waiting[0]?.grant();
  }
}

import { SafedockError } from "../base/errors.js";

export interface GateParts {
  /** Whether one process more would be taken, beside so many that are on their way. */
  readonly hasRoom: (expected: number) => boolean;
  readonly hold: () => void;
  readonly unhold: () => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Lets callers wait until a process would be taken. */
export class QueueGate {
  readonly #parts: GateParts;
  /** Oldest first. */
  readonly #waiting = new Set<Waiting>();
  /** Processes whose start has begun and that have not come to the queue yet. */
  #expected = 0;
  #opening = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** A process will come, after its image was looked up and its module compiled: tell when it did, or will not. */
  expect(): () => void {
    let left = false;
    this.#expected++;
    return () => {
      if (left) return;
      left = true;
      this.#expected--;
      this.open();
    };
  }

  /** Waits until a process would be taken; callers pass one by one. */
  whenReady(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#waiting.size === 0 && this.#parts.hasRoom(this.#expected)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        resolve: () => {
          leave();
          resolve();
        },
        reject: (reason: Error) => {
          leave();
          reject(reason);
        },
      };
      const abort = (): void => waiting.reject(signal?.reason as Error);
      const leave = (): void => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener("abort", abort);
        this.#parts.unhold();
      };
      this.#parts.hold();
      this.#waiting.add(waiting);
      signal?.addEventListener("abort", abort, { once: true });
      this.open();
    });
  }

  /** Lets one caller pass if there is room, and looks again a turn later: it will have started its process by then. */
  open(): void {
    if (this.#waiting.size === 0 || this.#opening) return;
    this.#opening = true;
    setImmediate(() => {
      this.#opening = false;
      const [first] = this.#waiting;
      if (first === undefined || !this.#parts.hasRoom(this.#expected)) return;
      first.resolve();
      this.open();
    });
  }

  close(): void {
    const closed = new SafedockError("ERR_ENGINE_CLOSED", "The worker pool is closed", {
      data: { root: "" },
    });
    for (const waiting of [...this.#waiting]) waiting.reject(closed);
  }
}

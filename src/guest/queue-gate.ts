import { SafedockError } from "../base/errors.js";

import { onAbort } from "../base/on-abort.js";

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
  /** Callers that have passed in this turn of the event loop: they will have begun to start their processes by the next. */
  #passed = 0;
  #turning = false;

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
    if (this.#waiting.size === 0 && this.#hasRoom()) {
      this.#passed++;
      this.#turn();
      return Promise.resolve();
    }
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
      const forget =
        signal === undefined
          ? undefined
          : onAbort(signal, () => waiting.reject(signal.reason as Error));
      const leave = (): void => {
        this.#waiting.delete(waiting);
        forget?.();
        this.#parts.unhold();
      };
      this.#parts.hold();
      this.#waiting.add(waiting);
      this.open();
    });
  }

  /** There may be room: lets callers pass, a turn of the event loop later. */
  open(): void {
    if (this.#waiting.size > 0) this.#turn();
  }

  #hasRoom(): boolean {
    return this.#parts.hasRoom(this.#expected + this.#passed);
  }

  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#passed = 0;
      for (const waiting of this.#waiting) {
        if (!this.#hasRoom()) break;
        this.#passed++;
        waiting.resolve();
      }
      if (this.#passed > 0) this.#turn();
    });
  }

  close(): void {
    const closed = new SafedockError("ERR_ENGINE_CLOSED", "The worker pool is closed", {
      data: { root: "" },
    });
    for (const waiting of [...this.#waiting]) waiting.reject(closed);
  }
}

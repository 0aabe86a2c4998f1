import { untilAborted } from "./until-aborted.js";

/** At most so many do something at the same time; others wait for their turn, in their order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#free = max;
  }

  /**
   * Waits for a turn; the answer gives it back. An abort rejects with the signal's reason, and gives back
   * what comes too late.
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const turn = this.#next();
    try {
      await untilAborted(turn, signal);
    } catch (error) {
      void turn.then(() => this.#give());
      throw error;
    }
    let isHeld = true;
    return () => {
      if (isHeld) this.#give();
      isHeld = false;
    };
  }

  #next(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#free--;
    return Promise.resolve();
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

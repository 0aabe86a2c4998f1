const SECOND_MS = 1000;

/** How many denials the app is told of in a second: one that logs each is not slowed down by guests. */
export class DenialRate {
  readonly #max: number;
  readonly #above: DenialRate | undefined;
  /** When the second began in which so many were told; far back at first. */
  #second = -Infinity;
  #told = 0;

  /** @param above - one that holds for others too, and is asked as well */
  constructor(max: number, above?: DenialRate) {
    this.#max = max;
    this.#above = above;
  }

  /** Counts one that is told; false if it is one too many. */
  mayTell(): boolean {
    const now = performance.now();
    if (now - this.#second >= SECOND_MS) {
      this.#second = now;
      this.#told = 0;
    }
    if (this.#told === this.#max || this.#above?.mayTell() === false) return false;
    this.#told++;
    return true;
  }
}

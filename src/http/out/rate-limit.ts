/** So many in a second, and as many at once after a pause. */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Whether one more may go now. */
  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(
      this.#perSecond,
      this.#left + ((now - this.#at) * this.#perSecond) / 1000,
    );
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

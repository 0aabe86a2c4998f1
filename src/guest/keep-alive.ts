/** A timer that does nothing but keep the event loop alive while somebody waits for a guest. */
export class KeepAlive {
  readonly #timer = setInterval(() => undefined, 2 ** 31 - 1).unref();
  #holds = 0;

  hold(): void {
    if (this.#holds++ === 0) this.#timer.ref();
  }

  unhold(): void {
    if (--this.#holds === 0) this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

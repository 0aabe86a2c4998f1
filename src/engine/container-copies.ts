import type { Readable } from "node:stream";

/** The commits and exports of a container that are under way. */
export class ContainerCopies {
  #committing: Promise<unknown> | undefined;
  /** Made with the first of them, as most containers have none. */
  #exports: Set<Readable> | undefined;

  /** Settles when no commit is under way any more; undefined if none is now. */
  get committing(): Promise<unknown> | undefined {
    return this.#committing;
  }

  /** What waits for {@link committing} waits for this one too. */
  async commit<T>(commit: Promise<T>): Promise<T> {
    const all = Promise.allSettled([this.#committing, commit]);
    this.#committing = all;
    try {
      return await commit;
    } finally {
      if (this.#committing === all) this.#committing = undefined;
    }
  }

  exporting(stream: Readable): void {
    this.#exports ??= new Set();
    this.#exports.add(stream);
  }

  exported(stream: Readable): void {
    this.#exports?.delete(stream);
  }

  /** Ends the exports with an error, once the commits are through. */
  async end(error: Error): Promise<void> {
    await this.#committing;
    for (const stream of this.#exports ?? []) stream.destroy(error);
  }
}

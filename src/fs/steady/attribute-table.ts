import type { Attributes, Times } from "./attributes.js";

/** Files that are gone and may still be open somewhere: so many are remembered at most. */
const MAX_GONE = 4096;

/** Attributes by what files are known by on the host. */
export class AttributeTable {
  readonly #known = new Map<bigint, Attributes>();
  readonly #maxEntries: number;
  #gone: Attributes[] = [];

  /** `maxEntries`: files beyond are not remembered. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#known.size;
  }

  get(key: bigint): Attributes | undefined {
    return this.#known.get(key);
  }

  /** A file that was not known, or takes the place of one that is gone. */
  add(key: bigint, number: bigint, times: Times | undefined): Attributes {
    const attributes = { key, number, times, gone: false, unsaved: false };
    if (this.#known.size < this.#maxEntries || this.#known.has(key)) {
      this.#known.set(key, attributes);
    }
    return attributes;
  }

  /** The last name of a file is gone; it is remembered for a while for those who have it open. */
  remove(attributes: Attributes): void {
    attributes.gone = true;
    this.#gone.push(attributes);
    if (this.#gone.length <= MAX_GONE) return;
    for (const old of this.#gone.splice(0, MAX_GONE / 2)) this.forget(old);
  }

  forget(attributes: Attributes): void {
    // Another file may have got the key since.
    if (this.#known.get(attributes.key) === attributes) this.#known.delete(attributes.key);
  }

  values(): Iterable<Attributes> {
    return this.#known.values();
  }
}

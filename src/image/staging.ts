/** Something that is held and not yet in the store. */
export interface Stageable {
  commit(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Everything that one image needs, held until all of it is there: then it is committed in the order in
 * which it was added, or else let go of, and the store is as it was before.
 */
export class Staging {
  readonly #held: Stageable[] = [];

  add<T extends Stageable>(item: T): T {
    this.#held.push(item);
    return item;
  }

  async commit(): Promise<void> {
    for (const item of this.#held) await item.commit();
  }

  async release(): Promise<void> {
    for (const item of this.#held.splice(0)) await item.release();
  }
}

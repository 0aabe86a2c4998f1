import type { DirectoryEntry } from "../fs/node.js";

/** What is read on from a list of entries. */
export interface ListReader {
  entries: readonly DirectoryEntry[] | undefined;
}

/**
 * Entries of directories that one process has listed and may read on, together: some 30 MB. A guest must
 * not hold a long list once for each of its descriptors.
 */
const MAX_HELD_ENTRIES = 250_000;
/** What a list counts as besides its entries: descriptors that are closed are held with theirs. */
const LIST_ENTRIES = 64;

/** The lists that a process reads directories from; those taken longest ago are forgotten first. */
export class HeldLists {
  readonly #directories = new Set<ListReader>();
  #entries = 0;

  /** Keeps a list with its directory. A forgotten one is taken anew, when its directory is read on. */
  keep(directory: ListReader, entries: readonly DirectoryEntry[]): void {
    this.#forget(directory);
    directory.entries = entries;
    this.#directories.add(directory);
    this.#entries += entries.length + LIST_ENTRIES;
    for (const oldest of this.#directories) {
      if (this.#entries <= MAX_HELD_ENTRIES || oldest === directory) break;
      this.#forget(oldest);
    }
  }

  #forget(directory: ListReader): void {
    if (!this.#directories.delete(directory)) return;
    this.#entries -= (directory.entries?.length ?? 0) + LIST_ENTRIES;
    directory.entries = undefined;
  }
}

/** Opens a file's data: exactly as many bytes as the entry's size says. What needs no waiting is quicker. */
export type EntryContent = () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * One entry of a layer or archive that is to be written; `path` is absolute, "/" for the root. Modes are
 * permission bits, times nanoseconds since 1970.
 *
 * - `hardlink`: another name for `link`, the absolute path of a file that came before
 * - `whiteout`: `path` is removed from the lower layers
 * - `opaque`: what the lower layers have below the directory `path` is removed
 */
export type NewEntry =
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly mtime: bigint;
      readonly size: number;
      readonly content: EntryContent;
    }
  | {
      readonly type: "directory";
      readonly path: string;
      readonly mode: number;
      readonly mtime: bigint;
    }
  | {
      readonly type: "symlink";
      readonly path: string;
      readonly link: string;
      readonly mtime: bigint;
    }
  | {
      readonly type: "hardlink";
      readonly path: string;
      readonly link: string;
      /** Of the file: some tools apply it once more. */
      readonly mode: number;
      readonly mtime: bigint;
    }
  | { readonly type: "whiteout" | "opaque"; readonly path: string };

/** Entries in the order in which they are written: a directory before what is in it. */
export type NewEntries = Iterable<NewEntry> | AsyncIterable<NewEntry>;

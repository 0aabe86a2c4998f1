import type { Tree } from "../../tree/tree.js";
import { SafedockError } from "../../base/errors.js";
import { blobFile } from "./blob-file.js";
import { SnapshotDirectory } from "./snapshot-directory.js";
import { SnapshotFile } from "./snapshot-file.js";

/** A flattened image, open for reading: immutable, shared by all guests of a worker that use it. */
export class Snapshot {
  readonly tree: Tree;
  /** `Stat.dev` of everything in it. */
  readonly dev: bigint;
  readonly root: SnapshotDirectory;
  readonly #blobs: readonly string[];

  /**
   * @param blobs - host paths that the entries' data lies in, by number
   * @throws SafedockError `ERR_STORE_INVALID` if an entry names a blob that there is not
   */
  constructor(tree: Tree, treePath: string, blobs: readonly string[], dev: bigint) {
    const needed = tree.blobCount;
    if (needed > blobs.length)
      throw new SafedockError(
        "ERR_STORE_INVALID",
        `The image tree ${treePath} names ${needed} blobs, and ${blobs.length} were given`,
        { data: { path: treePath }, hint: "pull the image again" },
      );
    this.tree = tree;
    this.dev = dev;
    this.#blobs = blobs;
    this.root = new SnapshotDirectory(this, 0);
  }

  file(record: number): SnapshotFile {
    return new SnapshotFile(this, record, blobFile(this.#blobs[this.tree.blob(record)] ?? ""));
  }
}

import { readFileSync } from "node:fs";
import { SafedockError } from "../../base/errors.js";
import { Tree } from "../../tree/tree.js";
import { closeBlobs } from "./blob-file.js";
import { Snapshot } from "./snapshot.js";

/** Images open at once in one worker; beyond it the one used longest ago is forgotten. */
const MAX_SNAPSHOTS = 16;
/** Bytes of trees kept in one worker for images that nothing runs from: some 400,000 files. */
const MAX_TREE_BYTES = 32 * 2 ** 20;

interface Known {
  readonly snapshot: Snapshot;
  readonly bytes: number;
}

/** In the order of their last use. */
const known = new Map<string, Known>();
let knownBytes = 0;

/**
 * Opens the flattened image at `treePath`, or gives the one that this worker has open already: trees and
 * blobs are named by their contents and never change.
 *
 * @throws SafedockError `ERR_STORE_INVALID` if the tree cannot be read or is damaged
 */
export function openSnapshot(treePath: string, blobs: readonly string[], dev: bigint): Snapshot {
  const key = `${dev} ${treePath}`;
  const found = known.get(key);
  if (found !== undefined) {
    if (known.size > 1) {
      known.delete(key);
      known.set(key, found);
    }
    return found.snapshot;
  }
  const bytes = readTree(treePath);
  const snapshot = new Snapshot(new Tree(bytes, treePath), treePath, blobs, dev);
  known.set(key, { snapshot, bytes: bytes.length });
  knownBytes += bytes.length;
  for (const [oldest, { bytes: freed }] of known) {
    if (known.size === 1 || (known.size <= MAX_SNAPSHOTS && knownBytes <= MAX_TREE_BYTES)) break;
    known.delete(oldest);
    knownBytes -= freed;
  }
  return snapshot;
}

/** Forgets all open images and closes their blobs; what still uses one opens its blobs again. */
export function forgetSnapshots(): void {
  known.clear();
  knownBytes = 0;
  closeBlobs();
}

function readTree(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SafedockError("ERR_STORE_INVALID", `Cannot read the image tree ${path}`, {
      data: { path },
      hint: "pull the image again",
      cause,
    });
  }
}

import { setImmediate } from "node:timers/promises";
import { EINVAL } from "../fs/errno.js";
import type { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import type { NewEntry } from "../layer/new-entry.js";
import { WHITEOUT } from "../layer/write-tar.js";
import { fileError } from "./container-file-error.js";
import { EntryMaker, treeBelow } from "./entry-of.js";
import { layerChanges } from "./layer-changes.js";

/** Entries made before other work of the app gets its turn: some ms. */
const ENTRIES_PER_TURN = 256;

/**
 * A container's writable layer as the entries of an image's layer. What was deleted becomes a whiteout, one
 * for each entry also in a directory that was made anew: the specification prefers these to opaque markers.
 *
 * @throws SafedockError `ERR_CONTAINER_FILE`, also for a name that would read as a whiteout
 */
export async function* changedEntries(
  root: OverlayDirectory,
): AsyncGenerator<NewEntry, void, undefined> {
  const maker = new EntryMaker(treeBelow(root));
  let turn = 0;
  for (const { path, parent, name, stat, old } of layerChanges(root)) {
    if (++turn % ENTRIES_PER_TURN === 0) await setImmediate();
    if (name.startsWith(WHITEOUT)) {
      throw fileError("commit", path, -EINVAL, `a layer cannot hold a name with ${WHITEOUT}`);
    }
    if (stat === undefined) {
      yield { type: "whiteout", path };
      continue;
    }
    const entry = maker.entryOf({ path, parent, name, stat, old });
    if (entry !== undefined) yield entry;
  }
}

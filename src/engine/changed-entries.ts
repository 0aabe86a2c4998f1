import { EINVAL, ENAMETOOLONG } from "../fs/errno.js";
import type { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import { entryPath } from "../layer/entry-path.js";
import type { NewEntry } from "../layer/new-entry.js";
import { WHITEOUT } from "../layer/write-tar.js";
import { fileError } from "./container-file-error.js";
import { EntryMaker, treeBelow } from "./entry-of.js";
import { layerChanges } from "./layer-changes.js";

/**
 * A container's writable layer as the entries of an image's layer. What was deleted becomes a whiteout, one
 * for each entry also in a directory that was made anew: the specification prefers these to opaque markers.
 *
 * @throws SafedockError `ERR_CONTAINER_FILE`, also for a name that would read as a whiteout, and for a path
 * or link that is longer or deeper than those of a layer may be
 */
export function* changedEntries(root: OverlayDirectory): Generator<NewEntry, void, undefined> {
  const maker = new EntryMaker(treeBelow(root));
  for (const { path, parent, name, stat, old } of layerChanges(root)) {
    if (name.startsWith(WHITEOUT)) {
      throw fileError("commit", path, -EINVAL, `a layer cannot hold a name with ${WHITEOUT}`);
    }
    checkLength(
      path,
      stat === undefined ? `${path.slice(0, -name.length)}${WHITEOUT}${name}` : path,
    );
    if (stat === undefined) {
      yield { type: "whiteout", path };
      continue;
    }
    const entry = maker.entryOf({ path, parent, name, stat, old });
    if (entry === undefined) continue;
    if (entry.type === "symlink") checkLength(path, entry.link, "its target");
    yield entry;
  }
}

/** What a guest made one directory at a time may be deeper than any path: a layer names all by their paths. */
function checkLength(path: string, written: string, what = "its path"): void {
  entryPath(written, (problem) => {
    const why = `${what} in the layer ${problem}`;
    return fileError("commit", path, -ENAMETOOLONG, why);
  });
}

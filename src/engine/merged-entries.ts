import { ENOENT } from "../fs/errno.js";
import { FILETYPE_DIRECTORY, type Directory } from "../fs/node.js";
import type { NewEntry } from "../layer/new-entry.js";
import { fileError } from "./container-file-error.js";
import { EntryMaker, imageNode, lstatIn, treeBelow } from "./entry-of.js";

/**
 * All that a container's root filesystem shows, a directory before what is in it, names by their UTF-16
 * units; without the root itself. Nothing but one directory's names for each level is held.
 *
 * @throws SafedockError `ERR_CONTAINER_FILE`
 */
export function* mergedEntries(root: Directory): Generator<NewEntry, void, undefined> {
  yield* entriesIn(root, "", new EntryMaker(treeBelow(root)));
}

function* entriesIn(
  directory: Directory,
  path: string,
  maker: EntryMaker,
): Generator<NewEntry, void, undefined> {
  const listed = directory.list();
  if (typeof listed === "number") throw fileError("read", path === "" ? "/" : path, listed);
  for (const name of listed.map((entry) => entry.name).toSorted()) {
    const at = `${path}/${name}`;
    const stat = lstatIn(directory, name, at);
    if (stat === undefined) continue;
    const old = imageNode(directory, name);
    const entry = maker.entryOf({ path: at, parent: directory, name, stat, old });
    if (entry !== undefined) yield entry;
    if (stat.type !== FILETYPE_DIRECTORY) continue;
    const child = directory.openDirectory(name);
    if (child === -ENOENT) continue;
    if (typeof child === "number") throw fileError("read", at, child);
    try {
      yield* entriesIn(child, at, maker);
    } finally {
      child.close();
    }
  }
}

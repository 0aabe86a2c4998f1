import { setImmediate } from "node:timers/promises";
import { FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK } from "../fs/node.js";
import { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import { writeTar } from "../layer/write-tar.js";
import type { ContainerChange } from "./commit-options.js";
import type { OpenFiles } from "./container-host.js";
import { layerChanges, type LayerChange } from "./layer-changes.js";
import { mergedEntries } from "./merged-entries.js";

/** Changes listed before other work of the app gets its turn: some ms. */
const CHANGES_PER_TURN = 256;

/** Lists what the writable layer changes, and closes the files. */
export async function listChanges(files: OpenFiles): Promise<ContainerChange[]> {
  try {
    const root = files.root?.directory;
    const changes: ContainerChange[] = [];
    if (!(root instanceof OverlayDirectory)) return changes;
    for (const change of layerChanges(root)) {
      changes.push({ path: change.path, kind: change.kind, type: typeOf(change) });
      if (changes.length % CHANGES_PER_TURN === 0) await setImmediate();
    }
    return changes;
  } finally {
    files.close();
  }
}

/** Writes a tar of all that the root shows, and closes the files. */
export async function* exportTar(files: OpenFiles): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (files.root === undefined) return;
    for await (const chunk of writeTar(mergedEntries(files.root.directory))) {
      yield chunk;
      // The files are read without waiting: a reader that is always ready would keep the app from all else.
      await setImmediate();
    }
  } finally {
    files.close();
  }
}

function typeOf({ stat, old }: LayerChange): ContainerChange["type"] {
  const type = stat?.type ?? old?.type;
  if (type === FILETYPE_DIRECTORY) return "directory";
  return type === FILETYPE_SYMBOLIC_LINK ? "symlink" : "file";
}

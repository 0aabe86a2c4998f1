import { ENOENT, type Errno } from "../fs/errno.js";
import { emptyStat, FILETYPE_DIRECTORY, type Directory, type Stat } from "../fs/node.js";
import type { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import { SnapshotDirectory, type SnapshotNode } from "../fs/snapshot/snapshot-directory.js";
import { fileError } from "./container-file-error.js";
import { lstatIn, treeBelow } from "./entry-of.js";

/** One difference between a container's files and its image's. */
export interface LayerChange {
  /** Absolute in the container. */
  readonly path: string;
  readonly kind: "added" | "changed" | "deleted";
  /** Of what is there now, its link not followed; undefined for what was deleted. */
  readonly stat: Stat | undefined;
  /** Where it is: open as long as the walk stands here. */
  readonly parent: Directory;
  readonly name: string;
  /** What the image has at the path. */
  readonly old: SnapshotNode | undefined;
}

/** What the guest's clock and the disk below the layer agree on, in ns: libuv cuts times to microseconds. */
const TIME_UNIT = 1000n;

/**
 * All that the writable layer changes, a directory before what is in it, names by their UTF-16 units. What
 * was deleted with its directory is not listed; of a directory that was made anew, each entry that the
 * image has there and it does not is. A directory of the image is listed if something in it is, or its
 * time has changed.
 *
 * @throws SafedockError `ERR_CONTAINER_FILE`
 */
export function* layerChanges(root: OverlayDirectory): Generator<LayerChange, void, undefined> {
  root.filesystem.begin();
  yield* changesIn(root, "", root.sides.lower, touchedDirectories(root));
}

/** @param before - the image's directory at this path, hidden or not */
function* changesIn(
  directory: OverlayDirectory,
  path: string,
  before: SnapshotDirectory | undefined,
  touched: ReadonlySet<number>,
): Generator<LayerChange, void, undefined> {
  const now = new Set(namesIn(directory, path));
  const all = [...new Set([...namesOf(before), ...now])].toSorted();
  for (const name of all) {
    const at = `${path}/${name}`;
    const old = before?.child(name);
    if (!now.has(name)) {
      yield { path: at, kind: "deleted", stat: undefined, parent: directory, name, old };
      continue;
    }
    directory.filesystem.begin();
    const kept = directory.sides.visible(name);
    if (kept !== undefined && !(kept instanceof SnapshotDirectory)) continue;
    const stat = lstatIn(directory, name, at);
    if (stat === undefined) continue;
    const change = { path: at, kind: kindOf(old), stat, parent: directory, name, old };
    if (stat.type !== FILETYPE_DIRECTORY) {
      yield change;
      continue;
    }
    if (kept !== undefined && !isTouched(directory.child(name, kept), touched, kept)) continue;
    const child = open(directory, name, at);
    if (child === undefined) continue;
    try {
      const below = changesIn(
        child,
        at,
        old instanceof SnapshotDirectory ? old : undefined,
        touched,
      );
      if (kept !== undefined && isSameTime(kept, stat)) yield* withParent(change, below);
      else {
        yield change;
        yield* below;
      }
    } finally {
      child.close();
    }
  }
}

/** The directory is listed if anything in it is. */
function* withParent(
  parent: LayerChange,
  changes: Iterable<LayerChange>,
): Generator<LayerChange, void, undefined> {
  let isListed = false;
  for (const change of changes) {
    if (!isListed) yield parent;
    isListed = true;
    yield change;
  }
}

function kindOf(old: SnapshotNode | undefined): LayerChange["kind"] {
  return old === undefined ? "added" : "changed";
}

function isTouched(
  child: OverlayDirectory,
  touched: ReadonlySet<number>,
  { record }: SnapshotDirectory,
): boolean {
  return touched.has(record) || child.sides.upper() !== undefined;
}

/** Directories of the image above something that is hidden: the layer may have no directory for them. */
function touchedDirectories(root: OverlayDirectory): ReadonlySet<number> {
  const touched = new Set<number>();
  const { layer } = root.filesystem;
  const tree = treeBelow(root);
  if (tree === undefined) return touched;
  for (let record = 1; record < tree.count; record++) {
    if (!layer.isHidden(record)) continue;
    for (let above = tree.parent(record); above !== 0; above = tree.parent(above)) {
      if (touched.has(above)) break;
      touched.add(above);
    }
  }
  return touched;
}

const oldStat = emptyStat();

function isSameTime(old: SnapshotDirectory, now: Stat): boolean {
  old.stat(oldStat);
  return oldStat.mtime / TIME_UNIT === now.mtime / TIME_UNIT;
}

function namesOf(directory: SnapshotDirectory | undefined): readonly string[] {
  return directory?.list().map(({ name }) => name) ?? [];
}

function namesIn(directory: Directory, path: string): readonly string[] {
  const entries = directory.list();
  if (typeof entries === "number") throw failed(path, entries);
  return entries.map(({ name }) => name);
}

function open(
  directory: OverlayDirectory,
  name: string,
  path: string,
): OverlayDirectory | undefined {
  const child = directory.openDirectory(name);
  if (child === -ENOENT) return undefined;
  if (typeof child === "number") throw failed(path, child);
  return child as OverlayDirectory; // an overlay's directories are
}

function failed(path: string, errno: Errno): Error {
  return fileError("read", path === "" ? "/" : path, errno);
}

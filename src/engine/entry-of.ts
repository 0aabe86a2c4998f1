import { ENOENT } from "../fs/errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_READ,
  type Directory,
  type Stat,
} from "../fs/node.js";
import { OverlayDirectory } from "../fs/overlay/overlay-directory.js";
import { SnapshotDirectory, type SnapshotNode } from "../fs/snapshot/snapshot-directory.js";
import type { NewEntry } from "../layer/new-entry.js";
import type { Tree } from "../tree/tree.js";
import { fileError } from "./container-file-error.js";

/** Bytes read at once: about 0.1 ms of the app's time. */
const READ_BYTES = 256 * 1024;
/** Guests cannot set permission bits, so what they make has those that programs mostly give. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** Something in a directory that is open. */
export interface Found {
  readonly path: string;
  readonly parent: Directory;
  readonly name: string;
  readonly stat: Stat;
  /** What the image has at the path: if it is of the same type, its permission bits are kept. */
  readonly old: SnapshotNode | undefined;
}

/** Makes entries of what is found; files with several names are written once. */
export class EntryMaker {
  /** Paths of files with several names, by inode: those of image and layer never meet. */
  readonly #linked = new Map<bigint, string>();

  constructor(private readonly tree: Tree | undefined) {}

  /** `undefined`: a running program has just removed it. */
  entryOf(found: Found): NewEntry | undefined {
    const { path, parent, name, stat } = found;
    const { mtime, size } = stat;
    const mode = this.#modeOf(found);
    switch (stat.type) {
      case FILETYPE_DIRECTORY:
        return { type: "directory", path, mode, mtime };
      case FILETYPE_SYMBOLIC_LINK: {
        const link = parent.readlink(name);
        if (link === -ENOENT) return undefined;
        if (typeof link === "number") throw fileError("read", path, link);
        return { type: "symlink", path, link, mtime };
      }
      case FILETYPE_REGULAR_FILE: {
        const link = this.#linked.get(stat.ino);
        if (link !== undefined) return { type: "hardlink", path, link, mode, mtime };
        if (stat.nlink > 1) this.#linked.set(stat.ino, path);
        const content = () => readFile(parent, name, path, size);
        return { type: "file", path, mode, mtime, size, content };
      }
      default:
        return undefined;
    }
  }

  #modeOf({ old, stat }: Found): number {
    if (old !== undefined && old.type === stat.type && this.tree !== undefined) {
      return this.tree.mode(old.record);
    }
    return stat.type === FILETYPE_DIRECTORY ? DIRECTORY_MODE : FILE_MODE;
  }
}

/** `size` bytes of a file; if it has become shorter meanwhile, zeros take their place. */
function* readFile(
  parent: Directory,
  name: string,
  path: string,
  size: number,
): Generator<Uint8Array, void, undefined> {
  const file = parent.open(name, OPEN_READ);
  const isGone = typeof file === "number";
  if (isGone && file !== -ENOENT) throw fileError("read", path, file);
  try {
    let done = 0;
    while (done < size) {
      const wanted = Math.min(READ_BYTES, size - done);
      const chunk = Buffer.allocUnsafe(wanted);
      const isFile = !isGone && file.type === FILETYPE_REGULAR_FILE;
      const count = isFile ? file.read(chunk, 0, wanted, done) : 0;
      if (count < 0) throw fileError("read", path, count);
      done += wanted;
      yield chunk.fill(0, count);
    }
  } finally {
    if (!isGone) file.close();
  }
}

/** What the image has under `name`, hidden or not. */
export function imageNode(directory: Directory, name: string): SnapshotNode | undefined {
  if (directory instanceof SnapshotDirectory) return directory.child(name);
  return directory instanceof OverlayDirectory ? directory.sides.lower?.child(name) : undefined;
}

/** The tree of the image below a directory. */
export function treeBelow(directory: Directory): Tree | undefined {
  if (directory instanceof SnapshotDirectory) return directory.filesystem.tree;
  return directory instanceof OverlayDirectory ? directory.sides.lower?.filesystem.tree : undefined;
}

export function lstatIn(directory: Directory, name: string, path: string): Stat | undefined {
  const stat = emptyStat();
  const error = directory.statAt(name, stat);
  if (error === -ENOENT) return undefined;
  if (error < 0) throw fileError("read", path, error);
  return stat;
}

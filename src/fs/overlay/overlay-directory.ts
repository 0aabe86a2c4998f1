import { EEXIST, EISDIR, ELOOP, ENOENT, ENOTDIR, EPERM, EXDEV, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenFlags,
  type Stat,
} from "../node.js";
import type { SnapshotDirectory } from "../snapshot/snapshot-directory.js";
import { DirectorySides } from "./directory-sides.js";
import { copyEntryUp, hideDirectory, hideEntry } from "./image-entry.js";
import type { Overlay } from "./overlay.js";
import { renameEntry } from "./rename-entry.js";

const scratch: Stat = emptyStat();

/**
 * A directory of an overlay. An entry of the image is shown until it is hidden; what is in the layer is
 * shown where the image has nothing to show, except that two directories of one name are merged. So an
 * entry of the image that nobody touched is found without a look at the layer.
 */
export class OverlayDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: Overlay;
  /** @internal */ readonly sides: DirectorySides;
  /** Directories of the image below, once met. */
  #children: Map<string, OverlayDirectory> | undefined;

  constructor(sides: DirectorySides) {
    this.filesystem = sides.overlay;
    this.sides = sides;
  }

  openDirectory(name: string): Directory | Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node === undefined) return this.#wrap(this.sides.upper()?.openDirectory(name) ?? -ENOENT);
    if (node.type === FILETYPE_DIRECTORY) return this.child(name, node);
    return node.type === FILETYPE_SYMBOLIC_LINK ? -ELOOP : -ENOTDIR;
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    const create = (flags & OPEN_CREATE) !== 0;
    if (node === undefined) {
      const upper = create ? this.sides.makeUpper() : (this.sides.upper() ?? -ENOENT);
      if (typeof upper === "number") return upper;
      const opened = upper.open(name, flags);
      return typeof opened !== "number" && opened.type === FILETYPE_DIRECTORY
        ? this.#wrap(opened)
        : opened;
    }
    if (create && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
    const change = (flags & (OPEN_WRITE | OPEN_TRUNCATE)) !== 0;
    if (node.type === FILETYPE_SYMBOLIC_LINK) return -ELOOP;
    if (node.type === FILETYPE_DIRECTORY)
      return change || create ? -EISDIR : this.child(name, node);
    if ((flags & OPEN_DIRECTORY) !== 0) return -ENOTDIR;
    if (!change) return node;
    const upper = copyEntryUp(this.sides, name, node, (flags & OPEN_TRUNCATE) === 0);
    return typeof upper === "number" ? upper : upper.open(name, flags & ~OPEN_CREATE);
  }

  statAt(name: string, out: Stat): Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node === undefined) return this.sides.upper()?.statAt(name, out) ?? -ENOENT;
    if (node.type === FILETYPE_DIRECTORY) return this.child(name, node).sides.stat(out);
    return this.sides.lower?.statAt(name, out) ?? -ENOENT;
  }

  readlink(name: string): string | Errno {
    this.filesystem.begin();
    const side = this.sides.visible(name) === undefined ? this.sides.upper() : this.sides.lower;
    return side?.readlink(name) ?? -ENOENT;
  }

  mkdir(name: string): Errno {
    this.filesystem.begin();
    if (this.sides.visible(name) !== undefined) return -EEXIST;
    const upper = this.sides.makeUpper();
    return typeof upper === "number" ? upper : upper.mkdir(name);
  }

  symlink(target: string, name: string): Errno {
    this.filesystem.begin();
    if (this.sides.visible(name) !== undefined) return -EEXIST;
    const upper = this.sides.makeUpper();
    return typeof upper === "number" ? upper : upper.symlink(target, name);
  }

  unlink(name: string): Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node === undefined) return this.sides.upper()?.unlink(name) ?? -ENOENT;
    return node.type === FILETYPE_DIRECTORY ? -EISDIR : hideEntry(this.sides, node);
  }

  rmdir(name: string): Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node === undefined) return this.sides.upper()?.rmdir(name) ?? -ENOENT;
    if (node.type !== FILETYPE_DIRECTORY) return -ENOTDIR;
    return hideDirectory(this.sides, name, node, this.child(name, node).sides);
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof OverlayDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    this.filesystem.begin();
    return renameEntry(this, name, to, toName);
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof OverlayDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node?.type === FILETYPE_DIRECTORY) return -EPERM;
    if (node === undefined) {
      const error = this.sides.upper()?.statAt(name, scratch) ?? -ENOENT;
      if (error < 0) return error;
    }
    if (to.sides.visible(toName) !== undefined) return -EEXIST;
    const toUpper = to.sides.makeUpper();
    if (typeof toUpper === "number") return toUpper;
    const upper =
      node === undefined ? this.sides.makeUpper() : copyEntryUp(this.sides, name, node, true);
    return typeof upper === "number" ? upper : upper.link(name, toUpper, toName);
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    this.filesystem.begin();
    const node = this.sides.visible(name);
    if (node === undefined) return this.sides.upper()?.setTimesAt(name, atime, mtime) ?? -ENOENT;
    const upper =
      node.type === FILETYPE_DIRECTORY
        ? this.child(name, node).sides.makeUpper()
        : copyEntryUp(this.sides, name, node, true);
    if (typeof upper === "number") return upper;
    return node.type === FILETYPE_DIRECTORY
      ? upper.setTimes(atime, mtime)
      : upper.setTimesAt(name, atime, mtime);
  }

  list(): DirectoryEntry[] | Errno {
    this.filesystem.begin();
    return this.sides.list();
  }

  stat(out: Stat): Errno {
    this.filesystem.begin();
    return this.sides.stat(out);
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    this.filesystem.begin();
    const upper = this.sides.makeUpper();
    return typeof upper === "number" ? upper : upper.setTimes(atime, mtime);
  }

  sync(): Errno {
    this.filesystem.begin();
    return this.sides.upper()?.sync() ?? 0;
  }

  duplicate(): Directory | Errno {
    if (this.sides.lower !== undefined) return this;
    return this.#wrap(this.sides.duplicateUpper());
  }

  close(): void {
    this.sides.close();
  }

  /** @internal The directory of the image under `name`. */
  child(name: string, lower: SnapshotDirectory): OverlayDirectory {
    this.#children ??= new Map();
    let child = this.#children.get(name);
    if (child === undefined) {
      const source = { lower, parent: this.sides, name };
      child = new OverlayDirectory(new DirectorySides(this.filesystem, source));
      this.#children.set(name, child);
    }
    return child;
  }

  #wrap(upper: Directory | Errno): Directory | Errno {
    if (typeof upper === "number") return upper;
    return new OverlayDirectory(new DirectorySides(this.filesystem, { upper }));
  }
}

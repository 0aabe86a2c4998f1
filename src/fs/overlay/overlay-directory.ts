import {
  EEXIST,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
  type Errno,
} from "../errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
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
import type { SnapshotDirectory, SnapshotNode } from "../snapshot/snapshot-directory.js";
import type { SnapshotFile } from "../snapshot/snapshot-file.js";
import { copyUp } from "./copy-up.js";
import type { Overlay } from "./overlay.js";

const scratch: Stat = emptyStat();
const parentTimes: Stat = emptyStat();

export type OverlayDirectorySides =
  | {
      /** A directory of the image: one object for it, as long as the overlay lives. */
      readonly lower: SnapshotDirectory;
      readonly parent: OverlayDirectory | undefined;
      readonly name: string;
    }
  | {
      /** A directory that the image does not have: this handle's own. */
      readonly upper: Directory;
    };

/**
 * A directory of an overlay. An entry of the image is shown until it is hidden; what is in the layer is
 * shown where the image has nothing to show, except that two directories of one name are merged. So an
 * entry of the image that nobody touched is found without a look at the layer.
 */
export class OverlayDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: Overlay;
  readonly #lower: SnapshotDirectory | undefined;
  readonly #parent: OverlayDirectory | undefined;
  readonly #name: string;
  #upper: Directory | undefined;
  /** The overlay's epoch at which the layer had no directory for this one. */
  #missingAt = -1;
  /** Directories of the image below, once met. */
  #children: Map<string, OverlayDirectory> | undefined;

  constructor(filesystem: Overlay, sides: OverlayDirectorySides) {
    this.filesystem = filesystem;
    if ("lower" in sides) {
      this.#lower = sides.lower;
      this.#parent = sides.parent;
      this.#name = sides.name;
    } else {
      this.#lower = undefined;
      this.#parent = undefined;
      this.#name = "";
      this.#upper = sides.upper;
    }
  }

  openDirectory(name: string): Directory | Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node === undefined) return this.#wrap(this.#upperNow()?.openDirectory(name) ?? -ENOENT);
    if (node.type === FILETYPE_DIRECTORY) return this.#child(name, node);
    return node.type === FILETYPE_SYMBOLIC_LINK ? -ELOOP : -ENOTDIR;
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    const create = (flags & OPEN_CREATE) !== 0;
    if (node === undefined) {
      const upper = create ? this.#makeUpper() : (this.#upperNow() ?? -ENOENT);
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
      return change || create ? -EISDIR : this.#child(name, node);
    if ((flags & OPEN_DIRECTORY) !== 0) return -ENOTDIR;
    if (!change) return node;
    const upper = this.#copyUp(name, node, (flags & OPEN_TRUNCATE) === 0);
    return typeof upper === "number" ? upper : upper.open(name, flags & ~OPEN_CREATE);
  }

  statAt(name: string, out: Stat): Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node === undefined) return this.#upperNow()?.statAt(name, out) ?? -ENOENT;
    if (node.type === FILETYPE_DIRECTORY) return this.#child(name, node).#stat(out);
    return this.#lower?.statAt(name, out) ?? -ENOENT;
  }

  readlink(name: string): string | Errno {
    this.filesystem.begin();
    const side = this.#visible(name) === undefined ? this.#upperNow() : this.#lower;
    return side?.readlink(name) ?? -ENOENT;
  }

  mkdir(name: string): Errno {
    this.filesystem.begin();
    if (this.#visible(name) !== undefined) return -EEXIST;
    const upper = this.#makeUpper();
    return typeof upper === "number" ? upper : upper.mkdir(name);
  }

  symlink(target: string, name: string): Errno {
    this.filesystem.begin();
    if (this.#visible(name) !== undefined) return -EEXIST;
    const upper = this.#makeUpper();
    return typeof upper === "number" ? upper : upper.symlink(target, name);
  }

  unlink(name: string): Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node === undefined) return this.#upperNow()?.unlink(name) ?? -ENOENT;
    return node.type === FILETYPE_DIRECTORY ? -EISDIR : this.#hide(node);
  }

  rmdir(name: string): Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node === undefined) return this.#upperNow()?.rmdir(name) ?? -ENOENT;
    if (node.type !== FILETYPE_DIRECTORY) return -ENOTDIR;
    return this.#removeLower(name, node);
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof OverlayDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    this.filesystem.begin();
    const node = this.#visible(name);
    const target = to.#visible(toName);
    let isDirectory = node?.type === FILETYPE_DIRECTORY;
    if (node === undefined) {
      const error = this.#upperNow()?.statAt(name, scratch) ?? -ENOENT;
      if (error < 0) return error;
      isDirectory = scratch.type === FILETYPE_DIRECTORY;
    } else if (target !== undefined && sameFile(node, target)) return 0;
    if (target !== undefined) {
      if (target.type === FILETYPE_DIRECTORY && !isDirectory) return -EISDIR;
      if (target.type !== FILETYPE_DIRECTORY && isDirectory) return -ENOTDIR;
    }
    if (node?.type === FILETYPE_DIRECTORY) {
      const above = target === undefined ? to.#upperNow() : undefined;
      if (above?.statAt(toName, scratch) === 0 && scratch.type !== FILETYPE_DIRECTORY)
        return -ENOTDIR;
      // As overlayfs without redirections: programs that move directories copy them then.
      return -EXDEV;
    }

    const toUpper = to.#makeUpper();
    if (typeof toUpper === "number") return toUpper;
    const upper = node === undefined ? this.#makeUpper() : this.#copyUp(name, node, true);
    if (typeof upper === "number") return upper;
    if (target === undefined) return upper.rename(name, toUpper, toName);
    if (target.type === FILETYPE_DIRECTORY) {
      const error = to.#removeLower(toName, target);
      return error < 0 ? error : upper.rename(name, toUpper, toName);
    }
    return this.#replaceLower(name, upper, toUpper, toName, target);
  }

  /** Renames onto a file of the image so that its name always leads to the old or the new one. */
  #replaceLower(
    name: string,
    upper: Directory,
    toUpper: Directory,
    toName: string,
    target: SnapshotNode,
  ): Errno {
    toUpper.unlink(toName); // a copy that was never shown, of a worker that died
    const linked = upper.link(name, toUpper, toName);
    const error = this.#markHidden(target);
    if (error < 0) {
      if (linked === 0) toUpper.unlink(toName);
      return error;
    }
    // Not every disk has hard links.
    return linked === 0 ? upper.unlink(name) : upper.rename(name, toUpper, toName);
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof OverlayDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node?.type === FILETYPE_DIRECTORY) return -EPERM;
    if (node === undefined) {
      const error = this.#upperNow()?.statAt(name, scratch) ?? -ENOENT;
      if (error < 0) return error;
    }
    if (to.#visible(toName) !== undefined) return -EEXIST;
    const toUpper = to.#makeUpper();
    if (typeof toUpper === "number") return toUpper;
    const upper = node === undefined ? this.#makeUpper() : this.#copyUp(name, node, true);
    return typeof upper === "number" ? upper : upper.link(name, toUpper, toName);
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    this.filesystem.begin();
    const node = this.#visible(name);
    if (node === undefined) return this.#upperNow()?.setTimesAt(name, atime, mtime) ?? -ENOENT;
    const upper =
      node.type === FILETYPE_DIRECTORY
        ? this.#child(name, node).#makeUpper()
        : this.#copyUp(name, node, true);
    if (typeof upper === "number") return upper;
    return node.type === FILETYPE_DIRECTORY
      ? upper.setTimes(atime, mtime)
      : upper.setTimesAt(name, atime, mtime);
  }

  list(): DirectoryEntry[] | Errno {
    this.filesystem.begin();
    return this.#list();
  }

  stat(out: Stat): Errno {
    this.filesystem.begin();
    return this.#stat(out);
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    this.filesystem.begin();
    const upper = this.#makeUpper();
    return typeof upper === "number" ? upper : upper.setTimes(atime, mtime);
  }

  sync(): Errno {
    this.filesystem.begin();
    return this.#upperNow()?.sync() ?? 0;
  }

  duplicate(): Directory | Errno {
    if (this.#lower !== undefined) return this;
    return this.#wrap(this.#upper?.duplicate() ?? -ENOENT);
  }

  close(): void {
    if (this.#lower === undefined) this.#upper?.close();
  }

  /** The overlay takes back the descriptor of a directory of the image. */
  releaseUpper(): void {
    if (this.#parent !== undefined) this.#upper?.close(); // the root's is the layer's own
    this.#upper = undefined;
  }

  /** What the image has under `name`, unless it is hidden. */
  #visible(name: string): SnapshotNode | undefined {
    const node = this.#lower?.child(name);
    return node === undefined || this.filesystem.layer.isHidden(node.record) ? undefined : node;
  }

  #child(name: string, lower: SnapshotDirectory): OverlayDirectory {
    this.#children ??= new Map();
    let child = this.#children.get(name);
    if (child === undefined) {
      child = new OverlayDirectory(this.filesystem, { lower, parent: this, name });
      this.#children.set(name, child);
    }
    return child;
  }

  #wrap(upper: Directory | Errno): Directory | Errno {
    return typeof upper === "number" ? upper : new OverlayDirectory(this.filesystem, { upper });
  }

  #isHidden(): boolean {
    return this.#lower !== undefined && this.filesystem.layer.isHidden(this.#lower.record);
  }

  /** The layer's side, if there is one. */
  #upperNow(): Directory | undefined {
    const overlay = this.filesystem;
    if (this.#upper !== undefined || this.#missingAt === overlay.epoch) return this.#upper;
    // A removed directory must not take one that has its name now for its own.
    if (this.#isHidden()) return undefined;
    const upper =
      this.#parent === undefined
        ? overlay.layer.files()
        : this.#parent.#upperNow()?.openDirectory(this.#name);
    if (upper === undefined || typeof upper === "number") {
      this.#missingAt = overlay.epoch;
      return undefined;
    }
    return this.#setUpper(upper);
  }

  /** The layer's side, made if missing, with the times of the image's. */
  #makeUpper(): Directory | Errno {
    const now = this.#upperNow();
    if (now !== undefined) return now;
    const overlay = this.filesystem;
    if (this.#lower === undefined || this.#isHidden()) return -ENOENT;
    const parent = this.#parent;
    let upper: Directory | Errno;
    if (parent === undefined) upper = overlay.layer.makeFiles();
    else {
      const above = parent.#makeUpper();
      if (typeof above === "number") return above;
      above.stat(parentTimes);
      const { atime, mtime } = parentTimes;
      const error = above.mkdir(this.#name);
      if (error < 0 && error !== -EEXIST) return error;
      above.setTimes(atime, mtime); // nothing has changed there for the guest
      upper = above.openDirectory(this.#name);
    }
    if (typeof upper === "number") return upper;
    this.#lower.stat(scratch);
    upper.setTimes(scratch.atime, scratch.mtime);
    overlay.layer.changed();
    return this.#setUpper(upper);
  }

  #setUpper(upper: Directory): Directory {
    this.#upper = upper;
    this.#missingAt = -1;
    this.filesystem.hold(this);
    return upper;
  }

  /** Copies a file or link of the image into the layer, and answers this directory's side there. */
  #copyUp(name: string, node: SnapshotNode, keepData: boolean): Directory | Errno {
    const { layer } = this.filesystem;
    const upper = this.#makeUpper();
    if (typeof upper === "number" || this.#lower === undefined) return upper;
    const work = layer.work();
    if (typeof work === "number") return work;
    upper.stat(parentTimes);
    const { atime, mtime } = parentTimes;
    if (node.type === FILETYPE_DIRECTORY) return -EISDIR;
    const error = copyUp(node, this.#lower, upper, name, work, keepData);
    if (error < 0) return error;
    upper.setTimes(atime, mtime);
    const hidden = this.#markHidden(node);
    if (hidden < 0) upper.unlink(name);
    return hidden < 0 ? hidden : upper;
  }

  /** Removes an entry of the image, and notes that this directory has changed. */
  #hide(node: SnapshotNode): Errno {
    const overlay = this.filesystem;
    const upper = this.#makeUpper();
    // With the quota used up removing must still work: only the new time is lost.
    if (typeof upper === "number" && upper !== -ENOSPC) return upper;
    const error = this.#markHidden(node);
    if (error === 0 && typeof upper !== "number") upper.setTimes(undefined, overlay.now());
    return error;
  }

  #markHidden(node: SnapshotNode): Errno {
    const { layer } = this.filesystem;
    const error = layer.hide(node.record);
    if (error === 0) layer.changed();
    return error;
  }

  /** Removes a directory of the image with the layer's side of it, if it is empty. */
  #removeLower(name: string, node: SnapshotDirectory): Errno {
    const child = this.#child(name, node);
    const entries = child.#list();
    if (typeof entries === "number") return entries;
    if (entries.length > 0) return -ENOTEMPTY;
    const hadUpper = child.#upperNow() !== undefined;
    const error = this.#hide(node);
    if (error < 0 || !hadUpper) return error;
    return this.#upperNow()?.rmdir(name) ?? 0;
  }

  #list(): DirectoryEntry[] | Errno {
    const { layer } = this.filesystem;
    const entries = this.#lower?.list((record) => layer.isHidden(record)) ?? [];
    const above = this.#upperNow()?.list() ?? [];
    if (typeof above === "number") return above;
    if (entries.length === 0) return above;
    for (const entry of above) if (this.#visible(entry.name) === undefined) entries.push(entry);
    return entries;
  }

  #stat(out: Stat): Errno {
    const upper = this.#upperNow();
    const lower = this.#lower;
    if (upper === undefined) {
      const error = lower?.stat(out) ?? -ENOENT;
      if (this.#isHidden()) out.nlink = 0;
      return error;
    }
    const error = upper.stat(out);
    if (lower === undefined || error < 0) return error;
    out.ino = lower.inode;
    out.nlink = 1; // as overlayfs: subdirectories of a merged directory are not counted
    return 0;
  }
}

function sameFile(a: SnapshotNode, b: SnapshotNode): boolean {
  if (a === b) return true;
  return isFile(a) && isFile(b) && a.inode === b.inode;
}

function isFile(node: SnapshotNode): node is SnapshotFile {
  return node.type === FILETYPE_REGULAR_FILE;
}

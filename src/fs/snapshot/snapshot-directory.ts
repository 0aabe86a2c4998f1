import { TREE_DIRECTORY, TREE_FILE, TREE_SYMLINK } from "../../tree/tree.js";
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, EROFS, type Errno } from "../errno.js";
import {
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
  type FileType,
  type OpenFlags,
  type Stat,
} from "../node.js";
import type { Snapshot } from "./snapshot.js";
import type { SnapshotFile } from "./snapshot-file.js";

/** What most programs see as a directory's size. */
const DIRECTORY_SIZE = 4096;
const CHANGES = OPEN_WRITE | OPEN_TRUNCATE;

/** A symbolic link of an image. */
export class SnapshotLink {
  readonly type = FILETYPE_SYMBOLIC_LINK;
  readonly record: number;
  readonly target: string;

  constructor(record: number, target: string) {
    this.record = record;
    this.target = target;
  }
}

export type SnapshotNode = SnapshotDirectory | SnapshotFile | SnapshotLink;

/** A directory of an image, and every open handle on it: it has no state. */
export class SnapshotDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: Snapshot;
  /** Its record in the tree: what identifies it. */
  readonly record: number;
  readonly inode: bigint;
  readonly #mtime: bigint;
  /** Children that were asked for; as many as the tree has at most. */
  readonly #children = new Map<string, SnapshotNode>();

  constructor(filesystem: Snapshot, record: number) {
    this.filesystem = filesystem;
    this.record = record;
    this.inode = BigInt(filesystem.tree.inode(record));
    this.#mtime = filesystem.tree.mtime(record);
  }

  child(name: string): SnapshotNode | undefined {
    return this.#children.get(name) ?? this.#lookup(name);
  }

  #lookup(name: string): SnapshotNode | undefined {
    const { tree } = this.filesystem;
    const record = tree.lookup(this.record, name);
    if (record < 0) return undefined;
    const type = tree.type(record);
    let node: SnapshotNode;
    if (type === TREE_DIRECTORY) node = new SnapshotDirectory(this.filesystem, record);
    else if (type === TREE_FILE) node = this.filesystem.file(record);
    else node = new SnapshotLink(record, tree.link(record));
    this.#children.set(name, node);
    return node;
  }

  openDirectory(name: string): SnapshotDirectory | Errno {
    const node = this.child(name);
    if (node instanceof SnapshotDirectory) return node;
    if (node === undefined) return -ENOENT;
    return node.type === FILETYPE_SYMBOLIC_LINK ? -ELOOP : -ENOTDIR;
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const node = this.child(name);
    if (node === undefined) {
      if ((flags & OPEN_CREATE) === 0) return -ENOENT;
      return (flags & OPEN_DIRECTORY) === 0 ? -EROFS : -EINVAL;
    }
    if ((flags & OPEN_CREATE) !== 0 && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
    if (node.type === FILETYPE_REGULAR_FILE) {
      if ((flags & OPEN_DIRECTORY) !== 0) return -ENOTDIR;
      return (flags & CHANGES) === 0 ? node : -EROFS;
    }
    if (node.type === FILETYPE_SYMBOLIC_LINK) return -ELOOP;
    return (flags & (CHANGES | OPEN_CREATE)) === 0 ? node : -EISDIR;
  }

  statAt(name: string, out: Stat): Errno {
    const node = this.child(name);
    if (node === undefined) return -ENOENT;
    if (node.type !== FILETYPE_SYMBOLIC_LINK) return node.stat(out);
    const { tree, dev } = this.filesystem;
    out.dev = dev;
    out.ino = BigInt(tree.inode(node.record));
    out.type = FILETYPE_SYMBOLIC_LINK;
    out.nlink = tree.nlink(node.record);
    out.size = tree.size(node.record);
    out.atime = out.mtime = out.ctime = tree.mtime(node.record);
    return 0;
  }

  readlink(name: string): string | Errno {
    const node = this.child(name);
    if (node === undefined) return -ENOENT;
    return node.type === FILETYPE_SYMBOLIC_LINK ? node.target : -EINVAL;
  }

  /** `skip` says which records are left out. */
  list(skip?: (record: number) => boolean): DirectoryEntry[] {
    const { tree } = this.filesystem;
    const first = tree.firstChild(this.record);
    const end = first + tree.childCount(this.record);
    const entries: DirectoryEntry[] = [];
    for (let record = first; record < end; record++) {
      if (skip?.(record) === true) continue;
      const ino = BigInt(tree.inode(record));
      entries.push({ name: tree.name(record), ino, type: fileType(tree.type(record)) });
    }
    return entries;
  }

  stat(out: Stat): Errno {
    out.dev = this.filesystem.dev;
    out.ino = this.inode;
    out.type = FILETYPE_DIRECTORY;
    out.nlink = this.filesystem.tree.nlink(this.record);
    out.size = DIRECTORY_SIZE;
    out.atime = out.mtime = out.ctime = this.#mtime;
    return 0;
  }

  mkdir(name: string): Errno {
    return this.child(name) === undefined ? -EROFS : -EEXIST;
  }

  rmdir(name: string): Errno {
    const node = this.child(name);
    if (node === undefined) return -ENOENT;
    return node.type === FILETYPE_DIRECTORY ? -EROFS : -ENOTDIR;
  }

  unlink(name: string): Errno {
    const node = this.child(name);
    if (node === undefined) return -ENOENT;
    return node.type === FILETYPE_DIRECTORY ? -EISDIR : -EROFS;
  }

  rename(name: string): Errno {
    return this.child(name) === undefined ? -ENOENT : -EROFS;
  }

  link(name: string): Errno {
    return this.child(name) === undefined ? -ENOENT : -EROFS;
  }

  symlink(_target: string, name: string): Errno {
    return this.child(name) === undefined ? -EROFS : -EEXIST;
  }

  setTimesAt(name: string): Errno {
    return this.child(name) === undefined ? -ENOENT : -EROFS;
  }

  setTimes(): Errno {
    return -EROFS;
  }

  sync(): Errno {
    return 0;
  }

  duplicate(): SnapshotDirectory {
    return this;
  }

  close(): void {
    // Nothing is held.
  }
}

function fileType(type: number): FileType {
  if (type === TREE_DIRECTORY) return FILETYPE_DIRECTORY;
  return type === TREE_SYMLINK ? FILETYPE_SYMBOLIC_LINK : FILETYPE_REGULAR_FILE;
}

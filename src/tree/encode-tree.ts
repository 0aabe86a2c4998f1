import { SafedockError } from "../base/errors.js";
import {
  COUNT,
  FIRST,
  HEADER_BLOBS,
  HEADER_CHECKSUM,
  HEADER_MAGIC,
  HEADER_NAME_BYTES,
  HEADER_POOL_BYTES,
  HEADER_RECORDS,
  HEADER_VERSION,
  HEADER_WORDS,
  INODE,
  MTIME_64,
  NAME_BYTES,
  NAME_OFFSET,
  NLINK,
  OFFSET_HIGH,
  OFFSET_LOW,
  PARENT,
  POOL_ALIGNMENT,
  RECORD_WORDS,
  SIZE_HIGH,
  SIZE_LOW,
  TREE_DIRECTORY,
  TREE_FILE,
  TREE_MAGIC,
  TREE_SYMLINK,
  TREE_VERSION,
  TWO_32,
  TYPE_AND_MODE,
  treeChecksum,
  type TreeType,
} from "./tree-layout.js";

/** One name of a flattened tree. */
export interface TreeEntry {
  /** Absolute, "/a/b", without "." and ".." segments; "/" for the root. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits, 12 at most. */
  readonly mode: number;
  /** Bytes of a file's data. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** A file's data: number of the blob in the mount's list, and the byte at which it begins there. */
  readonly blob: number;
  readonly offset: number;
  /** A symbolic link's target. */
  readonly link: string;
  /** Names with the same number are hard links of one file; 0 has no other name. */
  readonly inode: number;
}

interface Node {
  readonly name: Uint8Array;
  entry: TreeEntry | undefined;
  children: Map<string, Node> | undefined;
}

const DEFAULT_DIRECTORY_MODE = 0o755;
const MODE_MASK = 0o7777;
const encoder = new TextEncoder();

/**
 * Encodes a flattened tree. Missing parents and a missing root are made (mode 755, mtime 0); of two
 * entries with one path the later counts.
 *
 * @throws SafedockError `ERR_STORE_INVALID` for a path that is not absolute and plain, or that lies
 * below something that is no directory.
 */
export function encodeTree(entries: Iterable<TreeEntry>): Uint8Array {
  const root = buildNodes(entries);
  const { order, parents, firsts } = breadthFirst(root);

  const pool = new Pool();
  const nameOffsets = order.map((node) => pool.add(node.name));
  const nameBytes = pool.length;
  let blobs = 0;
  const records = new Uint32Array(HEADER_WORDS + order.length * RECORD_WORDS);
  const times = new BigInt64Array(records.buffer);
  const inodes = new Map<number, number>();
  const names = countNames(order);
  for (const [index, node] of order.entries()) {
    const at = HEADER_WORDS + index * RECORD_WORDS;
    const entry = node.entry;
    const type = typeOf(entry);
    records[at + NAME_OFFSET] = nameOffsets[index];
    records[at + NAME_BYTES] = node.name.length;
    records[at + TYPE_AND_MODE] =
      type | (((entry?.mode ?? DEFAULT_DIRECTORY_MODE) & MODE_MASK) << 8);
    records[at + PARENT] = parents[index];
    times[at / 2 + MTIME_64] = entry?.mtime ?? 0n;
    records[at + INODE] = index + 1;
    records[at + NLINK] = 1;
    if (type === TREE_DIRECTORY) {
      records[at + FIRST] = firsts[index];
      records[at + COUNT] = node.children?.size ?? 0;
      records[at + NLINK] = 2 + countDirectories(node);
    } else if (entry !== undefined) {
      if (entry.inode > 0) {
        const known = inodes.get(entry.inode);
        if (known === undefined) inodes.set(entry.inode, index + 1);
        else records[at + INODE] = known;
        records[at + NLINK] = names.get(entry.inode) ?? 1;
      }
      writeContent(records, at, entry, pool);
      if (type === TREE_FILE) blobs = Math.max(blobs, entry.blob + 1);
    }
  }
  records[HEADER_RECORDS] = order.length;
  records[HEADER_NAME_BYTES] = nameBytes;
  records[HEADER_BLOBS] = blobs;
  return assemble(records, pool);
}

function writeContent(records: Uint32Array, at: number, entry: TreeEntry, pool: Pool): void {
  if (entry.type === "symlink") {
    const target = encoder.encode(entry.link);
    records[at + FIRST] = pool.add(target);
    records[at + COUNT] = target.length;
    records[at + SIZE_LOW] = target.length;
    return;
  }
  if (
    !isByteCount(entry.size) ||
    !isByteCount(entry.offset) ||
    !isByteCount(entry.offset + entry.size)
  )
    throw invalid(entry.path, "its data does not lie in a blob");
  records[at + FIRST] = entry.blob;
  records[at + OFFSET_LOW] = entry.offset % TWO_32;
  records[at + OFFSET_HIGH] = Math.floor(entry.offset / TWO_32);
  records[at + SIZE_LOW] = entry.size % TWO_32;
  records[at + SIZE_HIGH] = Math.floor(entry.size / TWO_32);
}

function buildNodes(entries: Iterable<TreeEntry>): Node {
  const root: Node = { name: new Uint8Array(0), entry: undefined, children: undefined };
  // Entries mostly come directory by directory: remember the last parent instead of walking each time.
  let lastParent = "";
  let lastNode = root;
  for (const entry of entries) {
    const path = entry.path;
    if (path === "/") {
      if (entry.type !== "directory") throw invalid(path, "the root must be a directory");
      root.entry = entry;
      continue;
    }
    const cut = path.lastIndexOf("/");
    const parent = path.slice(0, Math.max(cut, 0));
    const node = parent === lastParent ? lastNode : walk(root, parent, path);
    lastParent = parent;
    lastNode = node;
    const child = childOf(node, path.slice(cut + 1), path);
    if (child.children !== undefined && child.children.size > 0 && entry.type !== "directory")
      throw invalid(path, "it has children but is no directory");
    child.entry = entry;
  }
  return root;
}

function walk(root: Node, parent: string, path: string): Node {
  if (!path.startsWith("/")) throw invalid(path, "it is not absolute");
  let node = root;
  if (parent === "") return node;
  for (const segment of parent.slice(1).split("/")) node = childOf(node, segment, path);
  return node;
}

function childOf(node: Node, name: string, path: string): Node {
  if (!path.startsWith("/") || name === "" || name === "." || name === ".." || name.includes("\0"))
    throw invalid(path, "it is not a plain absolute path");
  if (node.entry !== undefined && node.entry.type !== "directory")
    throw invalid(path, "its parent is no directory");
  node.children ??= new Map();
  let child = node.children.get(name);
  if (child === undefined) {
    child = { name: encoder.encode(name), entry: undefined, children: undefined };
    node.children.set(name, child);
  }
  return child;
}

/** All nodes in the order of the records, with the number of the parent and of the first child of each. */
function breadthFirst(root: Node) {
  const order: Node[] = [root];
  const parents = [0];
  const firsts: number[] = [];
  for (let index = 0; index < order.length; index++) {
    firsts.push(order.length);
    const children = order[index]?.children;
    if (children === undefined) continue;
    const sorted = [...children.values()].toSorted((a, b) => Buffer.compare(a.name, b.name));
    let previous: Node | undefined;
    for (const child of sorted) {
      // Names with lone surrogates differ as strings and are the same bytes.
      if (previous !== undefined && Buffer.compare(previous.name, child.name) === 0)
        throw invalid(child.entry?.path ?? "", "its name is not UTF-8 and not alone");
      order.push(child);
      parents.push(index);
      previous = child;
    }
  }
  return { order, parents, firsts };
}

function countNames(order: readonly Node[]): Map<number, number> {
  const names = new Map<number, number>();
  for (const { entry } of order) {
    if (entry === undefined || entry.type === "directory" || entry.inode === 0) continue;
    names.set(entry.inode, (names.get(entry.inode) ?? 0) + 1);
  }
  return names;
}

function countDirectories(node: Node): number {
  let count = 0;
  for (const child of node.children?.values() ?? [])
    if (typeOf(child.entry) === TREE_DIRECTORY) count++;
  return count;
}

function typeOf(entry: TreeEntry | undefined): TreeType {
  if (entry === undefined || entry.type === "directory") return TREE_DIRECTORY;
  return entry.type === "file" ? TREE_FILE : TREE_SYMLINK;
}

function assemble(records: Uint32Array, pool: Pool): Uint8Array {
  const bytes = new Uint8Array(records.byteLength + pool.alignedLength());
  bytes.set(new Uint8Array(records.buffer));
  pool.writeTo(bytes, records.byteLength);
  const words = new Uint32Array(bytes.buffer);
  words[HEADER_MAGIC] = TREE_MAGIC;
  words[HEADER_VERSION] = TREE_VERSION;
  words[HEADER_POOL_BYTES] = pool.length;
  words[HEADER_CHECKSUM] = treeChecksum(words);
  return bytes;
}

class Pool {
  length = 0;
  readonly #parts: Uint8Array[] = [];

  add(bytes: Uint8Array): number {
    const at = this.length;
    this.#parts.push(bytes);
    this.length += bytes.length;
    return at;
  }

  alignedLength(): number {
    return Math.ceil(this.length / POOL_ALIGNMENT) * POOL_ALIGNMENT;
  }

  writeTo(bytes: Uint8Array, offset: number): void {
    let at = offset;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
  }
}

function isByteCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalid(path: string, problem: string): SafedockError {
  return new SafedockError(
    "ERR_STORE_INVALID",
    `Cannot put ${JSON.stringify(path)} into a tree: ${problem}`,
    {
      data: { path },
    },
  );
}

import { SafedockError } from "../base/errors.js";
import { BytePool } from "./byte-pool.js";
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
} from "./tree-layout.js";

/** What a file or a symbolic link is; one object for all its names. */
export interface TreeContent {
  readonly type: "file" | "symlink";
  /** Bytes of a file's data. */
  readonly size: number;
  /** A file's data: number of the blob in the mount's list, and the byte at which it begins there. */
  readonly blob: number;
  readonly offset: number;
  /** A symbolic link's target. */
  readonly link: string;
  /** Names that it ever had: with one, nothing else can be a hard link to it. */
  readonly names: number;
}

/** One place of a tree that is to be encoded. */
export interface TreeNode {
  /** A directory's entries by name; `undefined`: no directory. */
  readonly children: ReadonlyMap<string, TreeNode> | undefined;
  /** Permission bits, 12 at most. */
  readonly mode: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Of what is no directory. */
  readonly content: TreeContent | undefined;
}

const MODE_MASK = 0o7777;

/**
 * Encodes a flattened tree.
 *
 * @throws SafedockError `ERR_STORE_INVALID` for a name that no file can have, and for data that lies in no
 * blob.
 */
export function encodeTree(root: TreeNode): Uint8Array {
  const { nodes, names, parents, firsts } = breadthFirst(root);
  const pool = new BytePool();
  const records = new Uint32Array(HEADER_WORDS + nodes.length * RECORD_WORDS);
  const times = new BigInt64Array(records.buffer);
  for (const [index, name] of names.entries()) {
    const at = recordAt(index);
    records[at + NAME_OFFSET] = pool.length;
    records[at + NAME_BYTES] = pool.add(name);
  }
  records[HEADER_NAME_BYTES] = pool.length;
  const shared = new Map<TreeContent, { readonly inode: number; names: number }>();
  let blobs = 0;
  for (const [index, { children, content, mode, mtime }] of nodes.entries()) {
    const at = recordAt(index);
    const type = typeOf(content);
    records[at + TYPE_AND_MODE] = type | ((mode & MODE_MASK) << 8);
    records[at + PARENT] = parents[index] ?? 0;
    times[at / 2 + MTIME_64] = mtime;
    records[at + INODE] = index + 1;
    records[at + NLINK] = 1;
    if (content === undefined) {
      records[at + FIRST] = firsts[index] ?? 0;
      records[at + COUNT] = children?.size ?? 0;
      records[at + NLINK] = 2 + countDirectories(children);
      continue;
    }
    if (content.names > 1) {
      const known = shared.get(content);
      if (known === undefined) shared.set(content, { inode: index + 1, names: 1 });
      else {
        known.names++;
        records[at + INODE] = known.inode;
      }
    }
    writeContent(records, at, content, pool, names[index] ?? "");
    if (type === TREE_FILE) blobs = Math.max(blobs, content.blob + 1);
  }
  for (const [index, { content }] of nodes.entries()) {
    const known = content === undefined ? undefined : shared.get(content);
    if (known !== undefined) records[recordAt(index) + NLINK] = known.names;
  }
  records[HEADER_RECORDS] = nodes.length;
  records[HEADER_BLOBS] = blobs;
  return assemble(records, pool);
}

function writeContent(
  records: Uint32Array,
  at: number,
  { type, size, offset, blob, link }: TreeContent,
  pool: BytePool,
  name: string,
): void {
  if (type === "symlink") {
    records[at + FIRST] = pool.length;
    const length = pool.add(link);
    records[at + COUNT] = length;
    records[at + SIZE_LOW] = length;
    return;
  }
  if (!isByteCount(size) || !isByteCount(offset) || !isByteCount(offset + size))
    throw invalid(name, "its data does not lie in a blob");
  records[at + FIRST] = blob;
  records[at + OFFSET_LOW] = offset % TWO_32;
  records[at + OFFSET_HIGH] = Math.floor(offset / TWO_32);
  records[at + SIZE_LOW] = size % TWO_32;
  records[at + SIZE_HIGH] = Math.floor(size / TWO_32);
}

/** All nodes in the order of the records, with their names, their parents and their first children. */
function breadthFirst(root: TreeNode) {
  const nodes = [root];
  const names = [""];
  const parents = [0];
  const firsts: number[] = [];
  for (let index = 0; index < nodes.length; index++) {
    firsts.push(nodes.length);
    const children = nodes[index]?.children;
    if (children === undefined) continue;
    for (const name of sortedNames(children)) {
      const child = children.get(name);
      if (child === undefined) continue;
      nodes.push(child);
      names.push(name);
      parents.push(index);
    }
  }
  return { nodes, names, parents, firsts };
}

/** In the order of their bytes, which for ASCII is that of the text. */
function sortedNames(children: ReadonlyMap<string, TreeNode>): readonly string[] {
  const names = [...children.keys()];
  let isPlain = true;
  for (const name of names) {
    if (!isName(name)) throw invalid(name, "it is not a plain name");
    isPlain &&= isAscii(name);
  }
  if (isPlain) return names.sort();
  const known = names.map((name) => ({ name, bytes: Buffer.from(name) }));
  known.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  let before: Buffer | undefined;
  for (const { name, bytes } of known) {
    // Names with lone surrogates differ as strings and are the same bytes.
    if (before !== undefined && bytes.equals(before))
      throw invalid(name, "its name is not UTF-8 and not alone");
    before = bytes;
  }
  return known.map(({ name }) => name);
}

function isName(name: string): boolean {
  return (
    name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0")
  );
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function countDirectories(children: ReadonlyMap<string, TreeNode> | undefined): number {
  let count = 0;
  for (const { content } of children?.values() ?? []) if (content === undefined) count++;
  return count;
}

function typeOf(content: TreeContent | undefined): number {
  if (content === undefined) return TREE_DIRECTORY;
  return content.type === "file" ? TREE_FILE : TREE_SYMLINK;
}

function assemble(records: Uint32Array, pool: BytePool): Uint8Array {
  const poolBytes = Math.ceil(pool.length / POOL_ALIGNMENT) * POOL_ALIGNMENT;
  const bytes = new Uint8Array(records.byteLength + poolBytes);
  bytes.set(new Uint8Array(records.buffer));
  bytes.set(pool.bytes(), records.byteLength);
  const words = new Uint32Array(bytes.buffer);
  words[HEADER_MAGIC] = TREE_MAGIC;
  words[HEADER_VERSION] = TREE_VERSION;
  words[HEADER_POOL_BYTES] = pool.length;
  words[HEADER_CHECKSUM] = treeChecksum(words);
  return bytes;
}

function recordAt(index: number): number {
  return HEADER_WORDS + index * RECORD_WORDS;
}

function isByteCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalid(name: string, problem: string): SafedockError {
  return new SafedockError(
    "ERR_STORE_INVALID",
    `Cannot put ${JSON.stringify(name)} into a tree: ${problem}`,
    { data: { path: name } },
  );
}

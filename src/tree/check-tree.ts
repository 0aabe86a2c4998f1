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
  NAME_BYTES,
  NAME_OFFSET,
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

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * What is wrong with a tree as a whole, or undefined: its header, its length, its checksum, its root.
 * That finds damage. What a right checksum can hide, {@link isSoundDirectory} finds, directory by
 * directory.
 *
 * @param bytes - must begin at a multiple of 8 in its buffer.
 */
export function checkTree(bytes: Uint8Array): string | undefined {
  if (bytes.length < (HEADER_WORDS + RECORD_WORDS) * 4 || bytes.length % POOL_ALIGNMENT !== 0)
    return "it is cut short";
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (words[HEADER_MAGIC] !== TREE_MAGIC) return "it is no tree of this machine";
  if (words[HEADER_VERSION] !== TREE_VERSION) return `its version is ${words[HEADER_VERSION]}`;
  const count = words[HEADER_RECORDS];
  const poolBytes = words[HEADER_POOL_BYTES];
  const poolAt = (HEADER_WORDS + count * RECORD_WORDS) * 4;
  if (
    count === 0 ||
    poolAt + Math.ceil(poolBytes / POOL_ALIGNMENT) * POOL_ALIGNMENT !== bytes.length
  )
    return "its length is not what the header says";
  if (words[HEADER_CHECKSUM] !== treeChecksum(words)) return "its checksum is wrong";
  const nameBytes = words[HEADER_NAME_BYTES];
  if (nameBytes > poolBytes) return "its names are out of bounds";
  // All at once: byte by byte it would be most of the time that opening a tree takes.
  const names = bytes.subarray(poolAt, poolAt + nameBytes);
  if (names.includes(SLASH) || names.includes(0))
    return "a name has a character that no name can have";
  const root = HEADER_WORDS;
  const isRoot =
    (words[root + TYPE_AND_MODE] & 0xff) === TREE_DIRECTORY &&
    words[root + PARENT] === 0 &&
    words[root + NAME_BYTES] === 0 &&
    isSoundContent(words, root);
  return isRoot ? undefined : "it has no root";
}

/**
 * Tells whether the children of a directory are what they must be. Then each of them names the directory
 * as its parent and comes after it (so walks end, up and down), its name and its link's target lie in the
 * pool, and the names ascend (so binary search finds them).
 *
 * @param names - the part of the pool that holds names.
 * @param directory - record of a directory: the root, or a child that was checked with its parent.
 */
export function isSoundDirectory(
  words: Uint32Array,
  names: Uint8Array,
  directory: number,
): boolean {
  const at = HEADER_WORDS + directory * RECORD_WORDS;
  const count = words[HEADER_RECORDS];
  const first = words[at + FIRST];
  const children = words[at + COUNT];
  if (children === 0) return true;
  if (first <= directory || first > count || children > count - first) return false;
  let lastAt = 0;
  let lastBytes = 0;
  for (let child = first; child < first + children; child++) {
    const childAt = HEADER_WORDS + child * RECORD_WORDS;
    const nameAt = words[childAt + NAME_OFFSET];
    const nameBytes = words[childAt + NAME_BYTES];
    if (words[childAt + PARENT] !== directory) return false;
    if (nameAt + nameBytes > names.length || !isName(names, nameAt, nameBytes)) return false;
    if (child > first && !ascends(names, lastAt, lastBytes, nameAt, nameBytes)) return false;
    if (!isSoundContent(words, childAt)) return false;
    lastAt = nameAt;
    lastBytes = nameBytes;
  }
  return true;
}

function isSoundContent(words: Uint32Array, at: number): boolean {
  const offset = words[at + OFFSET_HIGH] * TWO_32 + words[at + OFFSET_LOW];
  const size = words[at + SIZE_HIGH] * TWO_32 + words[at + SIZE_LOW];
  if (!Number.isSafeInteger(offset + size)) return false;
  switch (words[at + TYPE_AND_MODE] & 0xff) {
    case TREE_DIRECTORY:
      return true;
    case TREE_FILE:
      return words[at + FIRST] < words[HEADER_BLOBS];
    case TREE_SYMLINK:
      return words[at + FIRST] + words[at + COUNT] <= words[HEADER_POOL_BYTES];
    default:
      return false;
  }
}

function isName(names: Uint8Array, at: number, length: number): boolean {
  if (length > 2) return true;
  if (length === 0) return false;
  return names[at] !== DOT || (length === 2 && names[at + 1] !== DOT);
}

function ascends(names: Uint8Array, a: number, aBytes: number, b: number, bBytes: number): boolean {
  const shared = Math.min(aBytes, bBytes);
  for (let at = 0; at < shared; at++) {
    const order = names[a + at] - names[b + at];
    if (order !== 0) return order < 0;
  }
  return aBytes < bBytes;
}

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
 * What is wrong with the bytes of a tree, or undefined. After it, each name and link target lies in the
 * pool, each child range in the records, every parent comes before its children (so walks end), and the
 * names of a directory ascend (so binary search finds them).
 *
 * @param bytes - must begin at a multiple of 8 in its buffer.
 */
export function checkTree(bytes: Uint8Array): string | undefined {
  if (bytes.length < (HEADER_WORDS + RECORD_WORDS) * 4 || bytes.length % POOL_ALIGNMENT !== 0)
    return "it is cut short";
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const word = (at: number) => words[at];
  if (word(HEADER_MAGIC) !== TREE_MAGIC) return "it is no tree of this machine";
  if (word(HEADER_VERSION) !== TREE_VERSION) return `its version is ${word(HEADER_VERSION)}`;
  const count = word(HEADER_RECORDS);
  const poolBytes = word(HEADER_POOL_BYTES);
  const poolAt = (HEADER_WORDS + count * RECORD_WORDS) * 4;
  if (
    count === 0 ||
    poolAt + Math.ceil(poolBytes / POOL_ALIGNMENT) * POOL_ALIGNMENT !== bytes.length
  )
    return "its length is not what the header says";
  if (word(HEADER_CHECKSUM) !== treeChecksum(words)) return "its checksum is wrong";
  const namesEnd = poolAt + word(HEADER_NAME_BYTES);
  if (word(HEADER_NAME_BYTES) > poolBytes) return "its names are out of bounds";
  // All at once: byte by byte it would be most of the time that opening a tree takes.
  const names = bytes.subarray(poolAt, namesEnd);
  if (names.includes(SLASH) || names.includes(0))
    return "a name has a character that no name can have";

  // Breadth first without a gap: the children of each directory begin where the last one's ended.
  let next = 1;
  for (let record = 0; record < count; record++) {
    const at = HEADER_WORDS + record * RECORD_WORDS;
    if (word(at + NAME_OFFSET) + word(at + NAME_BYTES) > names.length)
      return "a name is out of bounds";
    const offset = word(at + OFFSET_HIGH) * TWO_32 + word(at + OFFSET_LOW);
    const size = word(at + SIZE_HIGH) * TWO_32 + word(at + SIZE_LOW);
    if (!Number.isSafeInteger(offset + size)) return "an entry's data is out of bounds";
    const first = word(at + FIRST);
    const children = word(at + COUNT);
    switch (word(at + TYPE_AND_MODE) & 0xff) {
      case TREE_DIRECTORY:
        if (first !== next || children > count - next || record >= next)
          return "a directory's children are out of place";
        next += children;
        if (!checkChildren(words, names, record)) return "a name is wrong or out of order";
        break;
      case TREE_FILE:
        if (first >= word(HEADER_BLOBS)) return "a file is in a blob that there is not";
        break;
      case TREE_SYMLINK:
        if (first + children > poolBytes) return "a link's target is out of bounds";
        break;
      default:
        return "an entry has an unknown type";
    }
  }
  if (next !== count || (word(HEADER_WORDS + TYPE_AND_MODE) & 0xff) !== TREE_DIRECTORY)
    return "its entries are not one tree";
  return undefined;
}

/** Children must name their parent and have proper names in ascending order of bytes. */
function checkChildren(words: Uint32Array, names: Uint8Array, directory: number): boolean {
  const at = HEADER_WORDS + directory * RECORD_WORDS;
  const first = words[at + FIRST];
  const end = first + words[at + COUNT];
  let lastAt = 0;
  let lastBytes = 0;
  for (let child = first; child < end; child++) {
    const childAt = HEADER_WORDS + child * RECORD_WORDS;
    if (words[childAt + PARENT] !== directory) return false;
    const nameAt = words[childAt + NAME_OFFSET];
    const nameBytes = words[childAt + NAME_BYTES];
    if (nameAt + nameBytes > names.length || !isName(names, nameAt, nameBytes)) return false;
    if (child > first && !ascends(names, lastAt, lastBytes, nameAt, nameBytes)) return false;
    lastAt = nameAt;
    lastBytes = nameBytes;
  }
  return true;
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

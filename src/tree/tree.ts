import { SafedockError } from "../base/errors.js";
import { checkTree, isSoundDirectory } from "./check-tree.js";
import {
  COUNT,
  FIRST,
  HEADER_BLOBS,
  HEADER_NAME_BYTES,
  HEADER_POOL_BYTES,
  HEADER_RECORDS,
  HEADER_WORDS,
  INODE,
  MTIME_64,
  NAME_BYTES,
  NAME_OFFSET,
  NLINK,
  OFFSET_HIGH,
  OFFSET_LOW,
  PARENT,
  RECORD_WORDS,
  SIZE_HIGH,
  SIZE_LOW,
  TREE_DIRECTORY,
  TREE_SYMLINK,
  TWO_32,
  TYPE_AND_MODE,
  type TreeType,
} from "./tree-layout.js";

export { TREE_DIRECTORY, TREE_FILE, TREE_SYMLINK, type TreeType } from "./tree-layout.js";

/** Linux follows as many symbolic links in one path, and so does everybody else. */
const MAX_LINKS = 40;
/** Linux's PATH_MAX, in UTF-16 units here: bounds what chained links can make a path grow to. */
const MAX_PATH = 4096;

const ROOT = 0;
const NOT_FOUND = -1;

/** What is known of a directory's children. */
const UNCHECKED = 0;
const SOUND = 1;
const UNSOUND = 2;

const encoder = new TextEncoder();

/**
 * Reads a flattened tree in place, without an object per entry. An entry is named by the number of its
 * record; the root is 0. The bytes may lie in shared memory, so that all workers read one copy.
 */
export class Tree {
  /** Entries, the root included: the records are 0 to `count - 1`. */
  readonly count: number;
  /** Blobs that its files lie in: they have the numbers 0 to `blobCount - 1`. */
  readonly blobCount: number;
  readonly #words: Uint32Array;
  readonly #times: BigInt64Array;
  readonly #pool: Buffer;
  readonly #names: Uint8Array;
  readonly #directories: Uint8Array;

  /**
   * Checks the tree's checksum, which finds damage (2 ms for 20,000 entries). Each directory's entries are
   * checked when it is first asked for them, so that every call for a record that was found in a directory
   * stays in bounds and comes to an end; a directory whose entries are out of place has none.
   *
   * @param bytes - what {@link encodeTree} gave; copied if it does not begin at a multiple of 8.
   * @param path - where it came from, for the error.
   * @throws SafedockError `ERR_STORE_INVALID` if the bytes are damaged or of another version.
   */
  constructor(bytes: Uint8Array, path: string) {
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
    const problem = checkTree(aligned);
    if (problem !== undefined)
      throw new SafedockError(
        "ERR_STORE_INVALID",
        `The image tree ${path} is unusable: ${problem}`,
        {
          data: { path },
          hint: "remove the file and pull the image again",
        },
      );
    const { buffer, byteOffset, byteLength } = aligned;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    this.#times = new BigInt64Array(buffer, byteOffset, byteLength / 8);
    this.count = this.#word(HEADER_RECORDS);
    this.blobCount = this.#word(HEADER_BLOBS);
    const poolAt = (HEADER_WORDS + this.count * RECORD_WORDS) * 4;
    this.#pool = Buffer.from(buffer, byteOffset + poolAt, this.#word(HEADER_POOL_BYTES));
    this.#names = this.#pool.subarray(0, this.#word(HEADER_NAME_BYTES));
    this.#directories = new Uint8Array(this.count);
  }

  /** The record of `name` in the directory `directory`; -1 if there is none, or no directory. */
  lookup(directory: number, name: string): number {
    if (this.type(directory) !== TREE_DIRECTORY || !this.#isSound(directory)) return NOT_FOUND;
    const at = recordAt(directory);
    let low = this.#word(at + FIRST);
    let high = low + this.#word(at + COUNT) - 1;
    if (!isAscii(name)) return this.#lookupBytes(encoder.encode(name), low, high);
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compareAscii(middle, name);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return NOT_FOUND;
  }

  /**
   * The record at `path`, which is taken from the root; ".." stops there and links with absolute targets
   * begin there.
   *
   * @param followLast - whether a link at the end of the path is followed (default true).
   * @returns -1 if there is nothing, a link dangles, or more than 40 links were met.
   */
  resolve(path: string, followLast = true): number {
    let links = 0;
    let at = ROOT;
    let rest = path;
    while (rest !== "") {
      const cut = rest.indexOf("/");
      const segment = cut < 0 ? rest : rest.slice(0, cut);
      const after = cut < 0 ? "" : rest.slice(cut + 1);
      if (segment === "" || segment === ".") {
        if (this.type(at) !== TREE_DIRECTORY) return NOT_FOUND;
        rest = after;
        continue;
      }
      if (segment === "..") {
        if (this.type(at) !== TREE_DIRECTORY) return NOT_FOUND;
        at = this.parent(at);
        rest = after;
        continue;
      }
      const child = this.lookup(at, segment);
      if (child === NOT_FOUND) return NOT_FOUND;
      if (this.type(child) !== TREE_SYMLINK || (cut < 0 && !followLast)) {
        at = child;
        // A "/" at the end asks for a directory.
        if (cut >= 0 && this.type(child) !== TREE_DIRECTORY) return NOT_FOUND;
        rest = after;
        continue;
      }
      const target = this.link(child);
      rest = cut < 0 ? target : `${target}/${after}`;
      if (++links > MAX_LINKS || target === "" || rest.length > MAX_PATH) return NOT_FOUND;
      if (target.startsWith("/")) at = ROOT;
    }
    return at;
  }

  type(record: number): TreeType {
    return this.#field(record, TYPE_AND_MODE) & 0xff;
  }

  /** Permission bits. */
  mode(record: number): number {
    return this.#field(record, TYPE_AND_MODE) >>> 8;
  }

  /** The last segment of its path; "" for the root. */
  name(record: number): string {
    return this.#text(this.#field(record, NAME_OFFSET), this.#field(record, NAME_BYTES));
  }

  /** The absolute path. */
  path(record: number): string {
    if (record === ROOT) return "/";
    let path = "";
    for (let at = record; at !== ROOT; at = this.parent(at)) path = `/${this.name(at)}${path}`;
    return path;
  }

  /** The directory that holds the entry; the root's is the root. */
  parent(record: number): number {
    return this.#field(record, PARENT);
  }

  /** From 1, the same for hard links. */
  inode(record: number): number {
    return this.#field(record, INODE);
  }

  nlink(record: number): number {
    return this.#field(record, NLINK);
  }

  /** Bytes: of a file's data or a link's target; 0 for a directory. */
  size(record: number): number {
    return this.#field(record, SIZE_HIGH) * TWO_32 + this.#field(record, SIZE_LOW);
  }

  /** Nanoseconds since 1970. */
  mtime(record: number): bigint {
    return this.#times[recordAt(record) / 2 + MTIME_64];
  }

  /** Of a file: the number of its blob. */
  blob(record: number): number {
    return this.#field(record, FIRST);
  }

  /** Of a file: where its data begins in the blob, in bytes. */
  offset(record: number): number {
    return this.#field(record, OFFSET_HIGH) * TWO_32 + this.#field(record, OFFSET_LOW);
  }

  /** Of a symbolic link: its target. */
  link(record: number): string {
    return this.#text(this.#field(record, FIRST), this.#field(record, COUNT));
  }

  /** Of a directory: the record of its first child; the others follow it. */
  firstChild(record: number): number {
    return this.#field(record, FIRST);
  }

  /** Of a directory: how many children it has. */
  childCount(record: number): number {
    return this.#isSound(record) ? this.#field(record, COUNT) : 0;
  }

  #isSound(directory: number): boolean {
    let known = this.#directories[directory];
    if (known === UNCHECKED) {
      known = isSoundDirectory(this.#words, this.#names, directory) ? SOUND : UNSOUND;
      this.#directories[directory] = known;
    }
    return known === SOUND;
  }

  #lookupBytes(name: Uint8Array, first: number, last: number): number {
    let low = first;
    let high = last;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const start = this.#field(middle, NAME_OFFSET);
      const end = start + this.#field(middle, NAME_BYTES);
      const order = this.#pool.compare(name, 0, name.length, start, end);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return NOT_FOUND;
  }

  /** Below 0 if the record's name sorts before `name`, which must be ASCII. */
  #compareAscii(record: number, name: string): number {
    const pool = this.#pool;
    const start = this.#field(record, NAME_OFFSET);
    const bytes = this.#field(record, NAME_BYTES);
    const shared = bytes < name.length ? bytes : name.length;
    for (let at = 0; at < shared; at++) {
      const order = pool[start + at] - name.charCodeAt(at);
      if (order !== 0) return order;
    }
    return bytes - name.length;
  }

  #text(offset: number, bytes: number): string {
    return this.#pool.toString("utf8", offset, offset + bytes);
  }

  #field(record: number, field: number): number {
    return this.#word(recordAt(record) + field);
  }

  #word(at: number): number {
    return this.#words[at];
  }
}

function recordAt(record: number): number {
  return HEADER_WORDS + record * RECORD_WORDS;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

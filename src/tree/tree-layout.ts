/**
 * Byte format of a flattened image tree. All numbers are in the byte order of the machine that wrote
 * them; a tree from a machine of the other order has a wrong magic and is refused.
 *
 *     header   64 bytes   Uint32 words: magic, version, records, pool bytes, checksum, bytes of names,
 *                         blobs, 0 …
 *     records  64 bytes each, breadth first: record 0 is the root, the children of a directory stand
 *              together, sorted by the bytes of their names, after every child of an earlier directory
 *     pool     in UTF-8 all names, then all link targets, filled up with zeros to a multiple of 8
 *
 * One record, in Uint32 words (word 12 and 13 are one Int64, hence the even place):
 *
 *     0 name offset in the pool      1 name bytes
 *     2 type | mode << 8             3 names of this inode (hard links)
 *     4 inode, from 1                5 record of the parent directory
 *     6 first: directory: record of its first child; file: blob; link: target's offset in the pool
 *     7 count: directory: children; link: target bytes
 *     8 data offset in the blob, low      9 high (at most 2^53 - 1 in all)
 *    10 size, low                        11 high
 *    12 mtime in ns since 1970           14 and 15: 0
 */
export const TREE_MAGIC = 0x31_54_44_53; // "SDT1" in little-endian order
export const TREE_VERSION = 1;

export const HEADER_WORDS = 16;
export const HEADER_MAGIC = 0;
export const HEADER_VERSION = 1;
export const HEADER_RECORDS = 2;
export const HEADER_POOL_BYTES = 3;
export const HEADER_CHECKSUM = 4;
export const HEADER_NAME_BYTES = 5;
export const HEADER_BLOBS = 6;

export const RECORD_WORDS = 16;
export const NAME_OFFSET = 0;
export const NAME_BYTES = 1;
export const TYPE_AND_MODE = 2;
export const NLINK = 3;
export const INODE = 4;
export const PARENT = 5;
export const FIRST = 6;
export const COUNT = 7;
export const OFFSET_LOW = 8;
export const OFFSET_HIGH = 9;
export const SIZE_LOW = 10;
export const SIZE_HIGH = 11;
/** In Int64 units from the start of the record. */
export const MTIME_64 = 6;

export const TREE_FILE = 1;
export const TREE_DIRECTORY = 2;
export const TREE_SYMLINK = 3;
/** One of the three above; a checked tree has no other. */
export type TreeType = number;

export const POOL_ALIGNMENT = 8;
export const TWO_32 = 2 ** 32;

/** Over all words after it: finds damage, not forgery (the store is the host's own). */
export function treeChecksum(words: Uint32Array): number {
  let sum = 0x811c9dc5;
  for (let at = HEADER_CHECKSUM + 1; at < words.length; at++) {
    sum = Math.imul(sum ^ words[at], 0x01000193);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}

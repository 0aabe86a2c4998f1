/**
 * Reading a file for a guest that allocates what it reads, in two steps. How much there is shows only when
 * it is read: short reads go to a buffer of the host's, and longer ones ask for the file's size first.
 */
import { copyBytes } from "../../../fs/copy-bytes.js";
import type { File } from "../../../fs/node.js";
import { readSteps } from "../../transfer.js";

/** So many bytes are copied twice at less than a question for the size costs. */
const SHORT_BYTES = 4096;
const SHORT = new Uint8Array(SHORT_BYTES);

/** Bytes that {@link takeFromFile} will give, 0 at the end, or -errno. */
export function prepareFromFile(file: File, length: number, position: number): number {
  if (length <= SHORT_BYTES) return file.read(SHORT, 0, length, position);
  const size = file.size();
  if (size < 0) return size;
  const left = Math.min(size - position, length);
  // A file of the host may have more than it says: ask it.
  return left <= SHORT_BYTES ? file.read(SHORT, 0, SHORT_BYTES, position) : left;
}

/** What was prepared just before; fewer bytes if the file has become shorter since, or -errno. */
export function takeFromFile(
  file: File,
  dst: Uint8Array,
  at: number,
  count: number,
  position: number,
): number {
  if (count > SHORT_BYTES) return readSteps(file, dst, at, count, position);
  copyBytes(SHORT, 0, dst, at, count);
  return count;
}

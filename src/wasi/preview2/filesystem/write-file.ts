import { EFBIG, type Errno } from "../../../fs/errno.js";
import { MAX_OFFSET } from "../../file-offset.js";
import { APPEND, writeSteps } from "../../transfer.js";
import type { OpenedFile } from "./opened.js";

/** Bytes written at a position or at the end (APPEND), or -errno when nothing was. */
export function writeToFile(
  { file, syncsDataOnly }: OpenedFile,
  src: Uint8Array,
  at: number,
  length: number,
  position: number,
): number {
  if (length === 0) return 0;
  if (position !== APPEND && position + length > MAX_OFFSET) return -EFBIG;
  const written = writeSteps(file, src, at, length, position);
  if (written <= 0 || syncsDataOnly === undefined) return written;
  const answer: Errno = file.sync(syncsDataOnly);
  return answer < 0 ? answer : written;
}

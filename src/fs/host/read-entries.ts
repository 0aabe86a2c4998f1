/** The entries of a host directory, one after another, without holding all of a huge one at once. */
import * as fs from "node:fs";
import type { Dirent } from "node:fs";

/** Entries that libuv reads ahead: as fast as `readdir`, measured with 3,000 entries. */
const READ_AHEAD = 256;

/**
 * Calls `visit` for each entry until it answers a negative errno, and answers that, or 0. Throws what
 * node:fs throws.
 */
export function readEntries(path: string, visit: (entry: Dirent) => number): number {
  const directory = fs.opendirSync(path, { bufferSize: READ_AHEAD });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const errno = visit(entry);
      if (errno < 0) return errno;
    }
    return 0;
  } finally {
    directory.closeSync();
  }
}

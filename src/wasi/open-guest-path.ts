import { EPERM, EROFS, type Errno } from "../fs/errno.js";
import {
  type File,
  OPEN_APPEND,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type OpenFlags,
} from "../fs/node.js";
import { openPath } from "../fs/path-calls.js";
import type { Location } from "../fs/resolve.js";

/** witx `$oflags`, and `open-flags` of WASI 0.2. */
export const OFLAG_CREAT = 1;
export const OFLAG_DIRECTORY = 2;
export const OFLAG_EXCL = 4;
export const OFLAG_TRUNC = 8;
export const OFLAGS_ALL = 15;

/** How a file is opened. */
export interface OpenMode {
  readonly oflags: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
}

/** OPEN_READ and OPEN_WRITE as the file of the last `openGuestPath` has them. */
export let openedFlags: OpenFlags = 0;

/** Opens what is at `path`, in the manner of the reference runtime. */
export function openGuestPath(
  at: Location,
  path: string,
  follow: boolean,
  mode: OpenMode,
): File | Location | Errno {
  openedFlags = toOpenFlags(mode);
  const opened = openPath(at, path, follow, openedFlags);
  if ((opened !== -EROFS && opened !== -EPERM) || mode.oflags !== OFLAG_CREAT || mode.write)
    return opened;
  // "Create" makes a descriptor writable, but a file that is there may be read where it cannot be.
  openedFlags &= ~(OPEN_WRITE | OPEN_CREATE);
  const existing = openPath(at, path, follow, openedFlags);
  return typeof existing === "number" ? opened : existing;
}

/**
 * The access mode, from what the reference runtime gives to the system: creating and truncating open for
 * writing, and whoever does not ask to write may read. So a program that asks for no rights can read.
 */
function toOpenFlags({ oflags, read, write, append }: OpenMode): OpenFlags {
  let flags = 0;
  if (!write || read) flags |= OPEN_READ;
  if (write || (oflags & (OFLAG_CREAT | OFLAG_TRUNC)) !== 0) flags |= OPEN_WRITE;
  if ((oflags & OFLAG_CREAT) !== 0) flags |= OPEN_CREATE;
  if ((oflags & OFLAG_CREAT) !== 0 && (oflags & OFLAG_EXCL) !== 0) flags |= OPEN_EXCLUSIVE;
  if ((oflags & OFLAG_TRUNC) !== 0) flags |= OPEN_TRUNCATE;
  if ((oflags & OFLAG_DIRECTORY) !== 0) flags |= OPEN_DIRECTORY;
  if (append) flags |= OPEN_APPEND;
  return flags;
}

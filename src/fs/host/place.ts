/**
 * Where a host directory is and how its children are reached. One implementation per way of keeping the
 * walk inside: descriptors on Linux (race-free), checked paths elsewhere.
 */
import type { BigIntStats } from "node:fs";
import { ENOENT } from "../errno.js";
import type { Errno } from "../errno.js";
import type { OpenFlags } from "../node.js";

export interface Place {
  /**
   * A path to the directory that ends with a separator: with a segment added, the path of a child. Good
   * for one system call right away. -EBADF once closed, -ENOENT if the directory is known to be gone.
   */
  prefix(): string | Errno;
  /** The host takes this segment for one name of a directory and nothing else. */
  isName(name: string): boolean;
  /** Opens a child directory for walking: -ELOOP if it is a symbolic link. */
  open(name: string): Place | Errno;
  /**
   * Opens what is there: the descriptor of a regular file, or a directory, which no flag may want to change
   * (-EISDIR). -ELOOP for a symbolic link. All else is -ENXIO, as the kernel itself answers for a socket:
   * a device or a pipe of the host is not a file that was granted, and is not even opened, since that
   * alone may do something (rewind a tape, start a watchdog, let the other end of a FIFO go on).
   *
   * @param ours - nobody else puts anything into the directory: what is opened need not be looked at first
   */
  openExisting(name: string, flags: OpenFlags, ours: boolean): number | Place;
  /** A second descriptor of the file that `fd` has open, appending; -1 where there is no way to that. */
  readonly openForAppend: (fd: number) => number;
  /** Throws what node:fs throws. */
  stat(): BigIntStats;
  sync(): void;
  /** How many directories it is below the mount's root at this moment; -ENOENT if it is not. */
  depth(): number;
  duplicate(): Place;
  /** A duplicate that is the root of a mount. */
  asRoot(): Place | Errno;
  close(): void;
}

/** The host path of a child, for one system call. */
export function childPath(place: Place, name: string): string | Errno {
  // The callers of a filesystem never pass such names; the host must not see one if they ever did.
  if (!place.isName(name)) return -ENOENT;
  const prefix = place.prefix();
  return typeof prefix === "number" ? prefix : prefix + name;
}

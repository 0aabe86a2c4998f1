import type { Errno } from "../errno.js";
import type { Directory } from "../node.js";

/**
 * Where the changes of an overlay are kept: a tree of files, as deep as the changes are, and the numbers
 * of the image's entries that are hidden, because they were removed, replaced or copied. Markers have no
 * place among the files, so no guest can see, name or forge one.
 */
export interface Layer {
  /**
   * Looks whether other processes have changed the layer. The answer is another number than the last
   * one if what was learnt from it must be learnt anew.
   */
  refresh(): number;
  /** Tells other processes that it has changed. */
  changed(): void;
  /** The directory above the image's root; undefined while nothing was ever written. The layer's own. */
  files(): Directory | undefined;
  /** The same, made if missing. */
  makeFiles(): Directory | Errno;
  /** A directory from which files can be renamed into the others; after `makeFiles`. */
  work(): Directory | Errno;
  isHidden(record: number): boolean;
  hide(record: number): Errno;
  close(): void;
}

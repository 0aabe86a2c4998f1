import { EEXIST, ENOENT, type Errno } from "../errno.js";
import { emptyStat, type Directory, type DirectoryEntry, type Stat } from "../node.js";
import type { SnapshotDirectory, SnapshotNode } from "../snapshot/snapshot-directory.js";
import type { Overlay } from "./overlay.js";

const lowerTimes: Stat = emptyStat();
const parentTimes: Stat = emptyStat();

export type SidesSource =
  | {
      /** A directory of the image: one object for it, as long as the overlay lives. */
      readonly lower: SnapshotDirectory;
      readonly parent: DirectorySides | undefined;
      readonly name: string;
    }
  | {
      /** A directory that the image does not have: this handle's own. */
      readonly upper: Directory;
    };

/** The two sides of an overlay's directory, the image's and the layer's, and what they show together. */
export class DirectorySides {
  readonly overlay: Overlay;
  readonly lower: SnapshotDirectory | undefined;
  readonly #parent: DirectorySides | undefined;
  readonly #name: string;
  #upper: Directory | undefined;
  /** The overlay's epoch at which the layer had no directory for this one. */
  #missingAt = -1;

  constructor(overlay: Overlay, source: SidesSource) {
    this.overlay = overlay;
    if ("lower" in source) {
      this.lower = source.lower;
      this.#parent = source.parent;
      this.#name = source.name;
    } else {
      this.lower = undefined;
      this.#parent = undefined;
      this.#name = "";
      this.#upper = source.upper;
    }
  }

  /** What the image has under `name`, unless it is hidden. */
  visible(name: string): SnapshotNode | undefined {
    const node = this.lower?.child(name);
    return node === undefined || this.overlay.layer.isHidden(node.record) ? undefined : node;
  }

  /** The layer's side, if there is one. */
  upper(): Directory | undefined {
    const { overlay } = this;
    if (this.#upper !== undefined || this.#missingAt === overlay.epoch) return this.#upper;
    // A removed directory must not take one that has its name now for its own.
    if (this.#isHidden()) return undefined;
    const upper =
      this.#parent === undefined
        ? overlay.layer.files()
        : this.#parent.upper()?.openDirectory(this.#name);
    if (upper === undefined || typeof upper === "number") {
      this.#missingAt = overlay.epoch;
      return undefined;
    }
    return this.#setUpper(upper);
  }

  /** The layer's side, made if missing, with the times of the image's. */
  makeUpper(): Directory | Errno {
    const now = this.upper();
    if (now !== undefined) return now;
    const { overlay } = this;
    if (this.lower === undefined || this.#isHidden()) return -ENOENT;
    const parent = this.#parent;
    let upper: Directory | Errno;
    if (parent === undefined) upper = overlay.layer.makeFiles();
    else {
      const above = parent.makeUpper();
      if (typeof above === "number") return above;
      above.stat(parentTimes);
      const { atime, mtime } = parentTimes;
      const error = above.mkdir(this.#name);
      if (error < 0 && error !== -EEXIST) return error;
      above.setTimes(atime, mtime); // nothing has changed there for the guest
      upper = above.openDirectory(this.#name);
    }
    if (typeof upper === "number") return upper;
    this.lower.stat(lowerTimes);
    upper.setTimes(lowerTimes.atime, lowerTimes.mtime);
    overlay.layer.changed();
    return this.#setUpper(upper);
  }

  list(): DirectoryEntry[] | Errno {
    const { layer } = this.overlay;
    const entries = this.lower?.list((record) => layer.isHidden(record)) ?? [];
    const above = this.upper()?.list() ?? [];
    if (typeof above === "number") return above;
    if (entries.length === 0) return above;
    for (const entry of above) if (this.visible(entry.name) === undefined) entries.push(entry);
    return entries;
  }

  stat(out: Stat): Errno {
    const upper = this.upper();
    const { lower } = this;
    if (upper === undefined) {
      const error = lower?.stat(out) ?? -ENOENT;
      if (this.#isHidden()) out.nlink = 0;
      return error;
    }
    const error = upper.stat(out);
    if (lower === undefined || error < 0) return error;
    out.ino = lower.inode;
    out.nlink = 1; // as overlayfs: subdirectories of a merged directory are not counted
    return 0;
  }

  /** Another handle on the layer's side, of a directory that the image does not have. */
  duplicateUpper(): Directory | Errno {
    return this.#upper?.duplicate() ?? -ENOENT;
  }

  /** The handle of a directory that the image does not have is closed. */
  close(): void {
    if (this.lower === undefined) this.#upper?.close();
  }

  /** The overlay takes back the descriptor of a directory of the image. */
  releaseUpper(): void {
    if (this.#parent !== undefined) this.#upper?.close(); // the root's is the layer's own
    this.#upper = undefined;
  }

  #isHidden(): boolean {
    return this.lower !== undefined && this.overlay.layer.isHidden(this.lower.record);
  }

  #setUpper(upper: Directory): Directory {
    this.#upper = upper;
    this.#missingAt = -1;
    this.overlay.hold(this);
    return upper;
  }
}

import type { Snapshot } from "../snapshot/snapshot.js";
import { DirectorySides } from "./directory-sides.js";
import type { Layer } from "./layer.js";
import { OverlayDirectory } from "./overlay-directory.js";

/**
 * Directories of the layer kept open for directories of the image, above which all are closed and opened
 * again when needed: each holds a descriptor of the app.
 */
const MAX_HELD = 64;

/** An image with changes above it. */
export class Overlay {
  readonly layer: Layer;
  readonly now: () => bigint;
  /** What {@link Layer.refresh} said at the beginning of this call. */
  epoch = -1;
  readonly #root: OverlayDirectory;
  readonly #held: DirectorySides[] = [];

  constructor(snapshot: Snapshot, layer: Layer, now: () => bigint) {
    this.layer = layer;
    this.now = now;
    const source = { lower: snapshot.root, parent: undefined, name: "" };
    this.#root = new OverlayDirectory(new DirectorySides(this, source));
  }

  root(): OverlayDirectory {
    return this.#root;
  }

  /** Every call of a guest begins with it. */
  begin(): void {
    if (this.#held.length > MAX_HELD) this.#release();
    this.epoch = this.layer.refresh();
  }

  /** Remembers that `directory` keeps its upper side open. */
  hold(directory: DirectorySides): void {
    this.#held.push(directory);
  }

  close(): void {
    this.#release();
    this.layer.close();
  }

  #release(): void {
    for (const directory of this.#held.splice(0)) directory.releaseUpper();
  }
}

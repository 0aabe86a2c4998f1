import type { Errno } from "../errno.js";
import { MemoryFilesystem } from "../memory/memory-filesystem.js";
import type { Directory } from "../node.js";
import type { Layer } from "./layer.js";

/** Above the records of any image, so that inode numbers of the two never meet. */
const FIRST_INODE = 2n ** 32n;
/** "files" and "work" are not the guest's. */
const OWN_DIRECTORIES = 2;

export interface MemoryLayerLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Changes kept in memory: one process's own, gone with it. */
export class MemoryLayer implements Layer {
  readonly #limits: MemoryLayerLimits;
  readonly #now: () => bigint;
  readonly #dev: bigint;
  readonly #hidden = new Set<number>();
  #filesystem: MemoryFilesystem | undefined;
  #files: Directory | undefined;

  constructor(limits: MemoryLayerLimits, now: () => bigint, dev: bigint) {
    this.#limits = limits;
    this.#now = now;
    this.#dev = dev;
  }

  refresh(): number {
    return 0;
  }

  changed(): void {
    // Nobody else looks.
  }

  files(): Directory | undefined {
    return this.#files;
  }

  makeFiles(): Directory | Errno {
    if (this.#files !== undefined) return this.#files;
    const { maxBytes, maxFiles } = this.#limits;
    this.#filesystem = new MemoryFilesystem({
      maxBytes,
      maxFiles: maxFiles + OWN_DIRECTORIES,
      now: this.#now,
      dev: this.#dev,
      firstInode: FIRST_INODE,
    });
    const { root } = this.#filesystem;
    root.mkdir("files");
    root.mkdir("work");
    const files = root.openDirectory("files");
    if (typeof files !== "number") this.#files = files;
    return files;
  }

  work(): Directory | Errno {
    const made = this.makeFiles();
    return typeof made === "number" ? made : (this.#filesystem?.root.openDirectory("work") ?? made);
  }

  isHidden(record: number): boolean {
    return this.#hidden.has(record);
  }

  hide(record: number): Errno {
    this.#hidden.add(record);
    return 0;
  }

  close(): void {
    // The collector takes it.
  }
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { WritableLayer } from "../mount.js";
import type { BoardRecords } from "./board-records.js";
import type { CheckedLimits } from "./limits.js";

/**
 * The writable layer of one container: a host directory that the kernel makes on the first write, and a
 * record of the shared board with its counters. Takes neither until {@link ContainerLayer.mount} is asked.
 */
export class ContainerLayer {
  readonly #records: BoardRecords;
  readonly #directory: string;
  readonly #limits: CheckedLimits;
  #record: number | undefined;

  constructor(records: BoardRecords, folder: string, id: string, limits: CheckedLimits) {
    this.#records = records;
    this.#directory = join(folder, id);
    this.#limits = limits;
  }

  mount(): WritableLayer {
    this.#record ??= this.#records.take();
    return {
      type: "directory",
      directory: this.#directory,
      maxBytes: this.#limits.writableBytes,
      maxFiles: this.#limits.writableFiles,
      board: this.#record,
    };
  }

  usage(): { readonly bytes: number; readonly files: number } {
    if (this.#record === undefined) return { bytes: 0, files: 0 };
    const record = this.#records.read(this.#record);
    return { bytes: record.bytes(), files: record.files() };
  }

  /** Whether anything was ever changed in it. */
  written(): boolean {
    return this.#record !== undefined && this.#records.read(this.#record).generation() > 0;
  }

  /** Deletes the layer, once nothing runs on it. Does not touch the disk if nothing was ever written. */
  release(): Promise<void> | undefined {
    const record = this.#record;
    if (record === undefined) return undefined;
    const written = this.written();
    this.#record = undefined;
    this.#records.release(record);
    return written ? rm(this.#directory, { recursive: true, force: true }) : undefined;
  }
}

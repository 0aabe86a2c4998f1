import { sep } from "node:path";
import { removeTree } from "../base/remove-tree.js";
import type { WritableLayer } from "../mount.js";
import type { BoardRecords } from "./board-records.js";
import type { CheckedOptions } from "./check-options.js";

/**
 * The writable layer of one container: a host directory that the kernel makes on the first write, and a
 * record of the shared board with its counters. Takes neither until {@link ContainerLayer.mount} is asked.
 */
export class ContainerLayer {
  readonly #records: BoardRecords;
  readonly #folder: string;
  readonly #id: string;
  readonly #options: Pick<CheckedOptions, "limits" | "clock">;
  #record: number | undefined;

  constructor(
    records: BoardRecords,
    folder: string,
    id: string,
    options: Pick<CheckedOptions, "limits" | "clock">,
  ) {
    this.#records = records;
    this.#folder = folder;
    this.#id = id;
    this.#options = options;
  }

  mount(): WritableLayer {
    this.#record ??= this.#records.take();
    const { limits, clock } = this.#options;
    return {
      type: "directory",
      directory: this.#directory(),
      maxBytes: limits.writableBytes,
      maxFiles: limits.writableFiles,
      board: this.#record,
      ...(clock.kind === "frozen" ? { startMs: clock.startMs } : undefined),
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
    return written ? removeTree(this.#directory()) : undefined;
  }

  /** Put together when it is asked for: a container that never runs keeps no path. */
  #directory(): string {
    return `${this.#folder}${sep}${this.#id}`;
  }
}

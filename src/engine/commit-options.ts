import type { ImageConfigOptions } from "./build-options.js";
import type { ProgressEvent } from "./engine-events.js";

/** One line of `container.diff`. */
export interface ContainerChange {
  /** Absolute in the container. */
  readonly path: string;
  /** Compared with the image. A directory is changed when something in it is, or its time. */
  readonly kind: "added" | "changed" | "deleted";
  /** What is there now; what was there, if it was deleted. */
  readonly type: "file" | "directory" | "symlink";
}

/** Options of `container.commit`. All problems in them are reported in one ERR_OPTIONS_INVALID. */
export interface CommitOptions extends ImageConfigOptions {
  /** Reference under which `engine.images.get` finds the image later. Default none. */
  readonly reference?: string;
  readonly author?: string;
  /** A line in the image's history. */
  readonly message?: string;
  /** Default: now. */
  readonly createdAt?: Date | string;
  /** Of the new layer. Default `"none"`. */
  readonly compression?: "none" | "gzip";
  /**
   * Commits also while a process runs: what it writes meanwhile may be there in part. Default false: refused
   * then. Either way processes that are started meanwhile wait until the commit is through.
   */
  readonly whileRunning?: boolean;
  readonly signal?: AbortSignal;
  /** Called for each blob's progress into the store, as the engine's `progress` event. */
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Options of `container.export`. */
export interface ExportOptions {
  /** Ends the stream with `signal.reason`. */
  readonly signal?: AbortSignal;
}

import type { PullProgress } from "../image/pull-progress.js";
import type { Container } from "./container.js";
import type { Image } from "./image.js";
import type { Process } from "./process.js";
import type { PushEvent } from "./push-options.js";

/** One blob's way during a pull, with the reference that is pulled. */
export interface ProgressEvent extends PullProgress {
  readonly reference: string;
}

/** Events of an engine, by name. */
export interface EngineEvents {
  /** A blob of an image that is being pulled or loaded: bytes done and total. */
  progress: (event: ProgressEvent) => void;
  /** An image is in the store, whole and verified. */
  pull: (event: { readonly image: Image }) => void;
  /** A blob of an image that is being pushed: bytes done and total. */
  push: (event: PushEvent) => void;
  /** A container was made. */
  create: (event: { readonly container: Container }) => void;
  /** A process was started, by `start` or `exec`. */
  start: (event: { readonly container: Container; readonly process: Process }) => void;
  /** A process has ended, for whatever reason. */
  exit: (event: { readonly container: Container; readonly process: Process }) => void;
  /** A container and its writable layer are gone. */
  remove: (event: { readonly container: Container }) => void;
}

import type { PullProgress } from "../image/pull-progress.js";
import type { LogRecord } from "../services/logging-service.js";
import type { Container } from "./container.js";
import type { RefusedCall } from "./container-audit.js";
import type { Image } from "./image.js";
import type { Process } from "./process.js";
import type { PushEvent } from "./push-options.js";

/** One blob's way during a pull, with the reference that is pulled. */
export interface ProgressEvent extends PullProgress {
  readonly reference: string;
}

/**
 * A call of a guest that was refused for want of a grant. Each different one of a process is told at its
 * 1st, 2nd, 4th, 8th … time, and no more than 100 a second for each container: a guest cannot flood the app.
 */
export interface DeniedEvent extends RefusedCall {
  readonly image: Image;
  /** Absent for `engine.run`. */
  readonly container?: Container;
  /** Absent for `engine.run`. */
  readonly process?: Process;
  /** Refused calls of the process since the last event about it that no event tells of. */
  readonly suppressed: number;
}

/**
 * What a guest has logged through `wasi:logging` and `grants.logging` lets through: 1,000 records a second for each
 * container, each of 16,384 characters at most.
 */
export interface LogEvent extends LogRecord {
  readonly image: Image;
  /** Absent for `engine.run`. */
  readonly container?: Container;
  /** Absent for `engine.run`. */
  readonly process?: Process;
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
  /** A call of a guest was refused for want of a grant; before the `exit` of its process. */
  denied: (event: DeniedEvent) => void;
  /** A guest has logged something. */
  log: (event: LogEvent) => void;
  /** A process has ended, for whatever reason. */
  exit: (event: { readonly container: Container; readonly process: Process }) => void;
  /** A container and its writable layer are gone. */
  remove: (event: { readonly container: Container }) => void;
}

import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { type Waitable, waitForAny } from "./waitable.js";

/**
 * What an `input-stream` reads from. A read has two steps, so that a guest allocates as much as it gets:
 * `prepare` says how much there is, `take` copies it straight to where it belongs.
 */
export abstract class Input extends Resource {
  /** What there is to wait for when `prepare` has answered 0. */
  abstract readonly waitable: Waitable;

  /**
   * Bytes that a `take` would give without waiting, at most `length`, which is not 0; 0: none now; CLOSED at the end; or
   * -errno, after which the stream is closed.
   */
  abstract prepare(process: Process, length: number): number;

  /** Copies as many bytes as `prepare` has just said; fewer, if they have gone since. */
  abstract take(process: Process, dst: Uint8Array, at: number, count: number): number;

  /** As `prepare`, after waiting for a byte or the end. */
  await(process: Process, length: number): number {
    for (;;) {
      const count = this.prepare(process, length);
      if (count !== 0) return count;
      waitForAny(process, [this.waitable]);
    }
  }
}

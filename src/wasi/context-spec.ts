/** What one process is granted and how it is bounded: plain data, checked before it gets here. */
import type { Mount } from "../mount.js";

/**
 * "frozen": virtual time from a fixed start; a reading adds 1 µs, a sleep adds its length and returns
 * at once. "real": the host's clocks. `startMs` is the wall time at which virtual time begins, in ms
 * since 1970.
 */
export type ClockSpec =
  | { readonly kind: "frozen"; readonly startMs: number }
  | { readonly kind: "real" };

/** "secure": the host's CSPRNG. "seeded": a reproducible stream. */
export type RandomSpec =
  | { readonly kind: "secure" }
  | { readonly kind: "seeded"; readonly seed: string };

export interface ContextLimits {
  /** Open descriptors at once, the preopens and stdio included. */
  readonly openFiles: number;
}

export interface ContextSpec {
  readonly args: readonly string[];
  /** "NAME=value", in the order given. */
  readonly env: readonly string[];
  /** In order of descriptors: 3, 4, … */
  readonly mounts: readonly Mount[];
  readonly clock: ClockSpec;
  readonly random: RandomSpec;
  readonly limits: ContextLimits;
}

/** Counted while a process runs. */
export interface ContextUsage {
  /** Bytes that the process has read from and written to files and streams. */
  readBytes: number;
  writtenBytes: number;
  hostCalls: number;
}

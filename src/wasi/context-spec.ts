/** What one process is granted and how it is bounded: plain data, checked before it gets here. */
import type { Mount } from "../mount.js";

/**
 * "frozen": virtual time from a fixed start; a reading adds 1 µs, a sleep adds its length and returns
 * at once. "real": the host's clocks. "coarse": the host's clocks, cut to whole multiples of
 * `resolutionMs`. `startMs` is the wall time at which the process begins, in ms since 1970; without it
 * real and coarse time begin at the host's.
 */
export type ClockSpec =
  | { readonly kind: "frozen"; readonly startMs: number }
  | { readonly kind: "real"; readonly startMs?: number }
  | { readonly kind: "coarse"; readonly resolutionMs: number; readonly startMs?: number };

/** "secure": the host's CSPRNG. "seeded": a reproducible stream. "denied": none, calls answer EPERM. */
export type RandomSpec =
  | { readonly kind: "secure" }
  | { readonly kind: "seeded"; readonly seed: string }
  | { readonly kind: "denied" };

/** "pipe": to and from the app. "null": as /dev/null. "denied": calls answer EBADF. */
export type StdioMode = "pipe" | "null" | "denied";

/** Where each of the three streams leads. */
export interface StdioSpec {
  readonly stdin: StdioMode;
  readonly stdout: StdioMode;
  readonly stderr: StdioMode;
}

export interface ContextLimits {
  /** Open descriptors at once, the preopens and stdio included. */
  readonly openFiles: number;
  /** Size of a file that may be written, in bytes: EFBIG beyond. Undefined: the filesystem's own. */
  readonly fileBytes?: number;
}

export interface ContextSpec {
  readonly args: readonly string[];
  /** "NAME=value", in the order given. */
  readonly env: readonly string[];
  /** In order of descriptors: 3, 4, … */
  readonly mounts: readonly Mount[];
  readonly clock: ClockSpec;
  readonly random: RandomSpec;
  /** Undefined: all three are pipes. */
  readonly stdio?: StdioSpec;
  /** Number of the container's record in the `PolicyBoard`; undefined: nothing is noted or taken back. */
  readonly policy?: number | undefined;
  readonly limits: ContextLimits;
}

/** Counted while a process runs. */
export interface ContextUsage {
  /** Bytes that the process has read from and written to files and streams. */
  readBytes: number;
  writtenBytes: number;
  hostCalls: number;
  /** The kernel has seen the process's memory for the first time, or at another size. */
  memoryChanged?(): void;
}

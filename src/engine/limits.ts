/**
 * Bounds of one container; each holds against code that attacks it. `safedock/limits.schema.json` is the
 * JSON Schema.
 *
 * @example
 * ```ts
 * const limits: Limits = { timeoutMs: 2_000, memoryBytes: 32 * 2 ** 20, stdoutBytes: 65_536 };
 * const { reason, detail } = await engine.run(image, { limits });
 * if (reason === "timeout") console.error(detail);
 * ```
 */
export interface Limits {
  /** Wall time of a process from its first instruction, in ms. Default none. Ends it with reason `timeout`. */
  readonly timeoutMs?: number;
  /**
   * Processor time of a process, in ms: what it computes, not what it waits for its input, its reader or a
   * clock. Default none. Ends it with reason `limit`.
   */
  readonly cpuMs?: number;
  /** Linear memory of a process, in bytes. Default 256 MiB. Growth beyond it fails in the guest. */
  readonly memoryBytes?: number;
  /** Elements of all tables of a process together. Default 1,000,000. Growth beyond it fails in the guest. */
  readonly tableElements?: number;
  /** Bytes of stdout kept while nobody reads the stream; more are dropped and flagged. Default 1 MiB. */
  readonly stdoutBytes?: number;
  /** The same for stderr. Default 1 MiB. */
  readonly stderrBytes?: number;
  /** Bytes in the container's writable layer. Default 256 MiB. The guest gets ENOSPC. */
  readonly writableBytes?: number;
  /** Files and directories in the writable layer. Default 100,000. The guest gets ENOSPC. */
  readonly writableFiles?: number;
  /** Size of one file that a process writes, in bytes. Default 2^53 - 1, none but the mount's. The guest gets EFBIG. */
  readonly fileBytes?: number;
  /** Size of a module that may be compiled, in bytes. Default 256 MiB. */
  readonly moduleBytes?: number;
  /** Time that reading and compiling a module may take, in ms. Default 60,000. */
  readonly compileMs?: number;
  /** Open descriptors of a process, preopens and stdio included. Default 1,024. The guest gets EMFILE. */
  readonly openFiles?: number;
}

/** Limits without a default: absent is none. */
export type OptionalLimit = "timeoutMs" | "cpuMs";

export type CheckedLimits = Required<Omit<Limits, OptionalLimit>> & Pick<Limits, OptionalLimit>;

const MiB = 2 ** 20;

/** Room for interpreters such as CPython; a guest that needs more says so. */
export const DEFAULT_MEMORY_BYTES = 256 * MiB;
/** A table takes 8 bytes and more for each element; the largest interpreters have some 20,000. */
export const DEFAULT_TABLE_ELEMENTS = 1_000_000;
/** What V8 allows a table to be. */
export const MAX_TABLE_ELEMENTS = 10_000_000;
/** What a person reads of a log, and far from what hurts a service with a thousand runs. */
export const DEFAULT_OUTPUT_BYTES = MiB;
/** A build's worth of scratch files. */
export const DEFAULT_WRITABLE_BYTES = 256 * MiB;
export const DEFAULT_WRITABLE_FILES = 100_000;
/** All that a double can count. */
export const MAX_BYTES = Number.MAX_SAFE_INTEGER;
/** Compiling 128 MiB takes under 2 s on an idle machine. */
export const DEFAULT_COMPILE_MS = 60_000;
/** Ten times the largest interpreter on npm. */
export const DEFAULT_MODULE_BYTES = 256 * MiB;
/** The soft limit of most Linux shells. */
export const DEFAULT_OPEN_FILES = 1024;
/** Memory of a `memory` mount. */
export const DEFAULT_MEMORY_MOUNT_BYTES = 64 * MiB;
export const DEFAULT_MEMORY_MOUNT_FILES = 10_000;
/** Linux's ARG_MAX on most machines: arguments and environment together. */
export const MAX_ARGS_AND_ENV_BYTES = 2 * MiB;
/** 4 GiB: all that a 32-bit memory can be. */
export const MAX_MEMORY_BYTES = 4096 * MiB;
/** 24 days, the longest that a timer of Node can be set to, in ms. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Mounts of one container; a walk looks at each level's mounts. */
export const MAX_MOUNTS = 128;

export const DEFAULT_LIMITS: CheckedLimits = Object.freeze({
  memoryBytes: DEFAULT_MEMORY_BYTES,
  tableElements: DEFAULT_TABLE_ELEMENTS,
  stdoutBytes: DEFAULT_OUTPUT_BYTES,
  stderrBytes: DEFAULT_OUTPUT_BYTES,
  writableBytes: DEFAULT_WRITABLE_BYTES,
  writableFiles: DEFAULT_WRITABLE_FILES,
  fileBytes: MAX_BYTES,
  moduleBytes: DEFAULT_MODULE_BYTES,
  compileMs: DEFAULT_COMPILE_MS,
  openFiles: DEFAULT_OPEN_FILES,
});

import type { HostCall } from "../guest/host-call.js";
import type { KeyValueStore } from "../services/key-value-store.js";
import type { LogRecord } from "../services/logging-service.js";
import type { HostImports } from "./check-imports.js";
import type { ContainerHttpOptions } from "./container-http-options.js";
import type { EnvValue, Grants } from "./grants.js";
import type { Limits } from "./limits.js";

/**
 * What becomes of the image's files:
 * - `"writable"` (default): a writable layer over them, kept until the container is removed and shared
 *   by all its processes,
 * - `"read-only"`: changes are refused with EROFS,
 * - `"memory"`: each process has a writable layer of its own in memory, gone when it ends,
 * - `"none"`: the guest sees no files of the image.
 */
export type Rootfs = "writable" | "read-only" | "memory" | "none";

/** Options of `engine.createContainer`. All problems in them are reported in one ERR_OPTIONS_INVALID. */
export interface ContainerOptions {
  /**
   * Replaces the image's `Entrypoint`, and its `Cmd`: a program of the image, then fixed arguments.
   * Default: the image's own.
   */
  readonly entrypoint?: readonly string[];
  /** Replaces the image's `Cmd`; the `Entrypoint` stays, and its path is argv[0]. */
  readonly args?: readonly string[];
  /** Default `{}`: nothing but the image's own files and environment. */
  readonly grants?: Grants;
  /** Defaults at each field of {@link Limits}. */
  readonly limits?: Limits;
  /** Default `"writable"`. */
  readonly rootfs?: Rootfs;
  /**
   * Functions of the app that a component imports beside WASI, sync or async; it waits for them. Default:
   * none. What one throws with a `payload` is the error case of its result, anything else a trap of the guest.
   */
  readonly imports?: HostImports;
  /** How requests of HTTP are answered, see `container.fetch`. Defaults at each field. */
  readonly http?: ContainerHttpOptions;
  /**
   * Stores for `grants.keyvalue`, by name (`""` is `"default"`), before those of the engine. Default: none but
   * the default one, which is in memory then, of this container alone and gone with it.
   */
  readonly stores?: Readonly<Record<string, KeyValueStore>>;
  /**
   * Is told of each record that `grants.logging` lets through, as the engine's event `log` is. What it throws
   * becomes an uncaught exception of the app. Default: none.
   */
  readonly onLog?: (record: LogRecord) => void;
}

/** Bytes or text given to a process at once; the stream ends after them. */
export type StdinData = string | Uint8Array;

/** Options of `engine.run`. */
export interface RunOptions extends ContainerOptions {
  /** Default: nothing, the guest reads the end of the file at once. Text is sent as UTF-8. */
  readonly stdin?: StdinData;
  /** Kills the guest; `run` then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Notes what the guest uses of its grants, for `audit` of the result. Default false. */
  readonly audit?: boolean;
  /** As {@link ProcessOptions.onHostCall}. */
  readonly onHostCall?: (call: HostCall) => void;
}

/** Options of `container.start` and `container.exec`. */
export interface ProcessOptions {
  /** Default `"pipe"`: `process.stdin` is open until it is ended. `"none"`: at its end from the start. */
  readonly stdin?: "pipe" | "none";
  /** Kills the process when it fires; the exit status then has reason `killed`. */
  readonly signal?: AbortSignal;
  /**
   * Is told of each call that the process makes to its host, in order, the last one before the process is
   * over; of one that was killed, as far as it got. A process whose calls are not taken in as fast as it
   * makes them waits. What the listener throws becomes an uncaught exception of the app. Nothing is told of a
   * component's calls. Default: none, and calls cost nothing more.
   */
  readonly onHostCall?: (call: HostCall) => void;
}

/** Options of `container.exec`. */
export interface ExecOptions extends ProcessOptions {
  /** Variables on top of the container's, for this process alone. */
  readonly env?: Readonly<Record<string, EnvValue>>;
}

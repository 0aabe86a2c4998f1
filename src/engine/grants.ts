import type { HttpGrant } from "../http/http-grant.js";
import type { Access } from "../mount.js";
import type { StdioMode } from "../wasi/context-spec.js";
import type { LoggingGrant, LogLevel, ProtocolGrant, SocketsGrant } from "./service-grants.js";

export type { HttpGrant, LoggingGrant, LogLevel, ProtocolGrant, SocketsGrant, StdioMode };

/**
 * What a guest may touch. Everything that is not listed is denied; `{}` (the default) means:
 * - no environment but the image's own `Env`,
 * - the arguments that the app or the image gives,
 * - no files but the image's (see `rootfs`),
 * - a frozen clock,
 * - secure random bytes,
 * - stdin, stdout and stderr as pipes to the app,
 * - no request of HTTP, no socket, no configuration, no store, no log.
 *
 * Grants are plain data: `JSON.stringify` and {@link parseGrants} store and load them, the schema
 * `safedock/grants.schema.json` describes them, and `container.inspect()` shows them.
 *
 * @example
 * ```ts
 * const grants: Grants = {
 *   env: { LOG: "debug", API_TOKEN: { secret: "t0ps3cret" } },
 *   fs: [{ source: "./data", target: "/data", access: "read-write" }, { type: "memory", target: "/tmp" }],
 *   clock: { startMs: Date.UTC(2030, 0, 1) },
 *   random: { seed: 42 },
 *   stdio: { stdin: "denied" },
 * };
 * const result = await engine.run(image, { grants });
 * ```
 */
export interface Grants {
  /**
   * Variables added to the image's `Env`, replacing those of the same name. A value that is written as
   * `{ secret }` is given to the guest, and shown nowhere else. Default none; the host's are never passed.
   */
  readonly env?: Readonly<Record<string, EnvValue>>;
  /**
   * Names of the app's own variables that the guest gets, read from `process.env` when a process starts;
   * one that is not set is left out. They replace the image's, and `env` replaces them. Default none.
   */
  readonly inheritEnv?: readonly string[];
  /**
   * `"given"` (default): argv as the app and the image give it. `"none"`: the program's name alone,
   * whatever they give.
   */
  readonly args?: ArgsGrant;
  /** Directories mounted into the guest, each also preopened under its target. Default none, at most 128. */
  readonly fs?: readonly FsGrant[];
  /** Default `"frozen"`. */
  readonly clock?: ClockGrant;
  /** Default `"secure"`. */
  readonly random?: RandomGrant;
  /** For all three streams, or each by its name. Default `"pipe"`. */
  readonly stdio?: StdioMode | StdioGrant;
  /** Requests of HTTP that it may send. Default none, at most 128. */
  readonly http?: readonly HttpGrant[];
  /** Sockets of TCP and UDP, and names to look up, through `wasi:sockets`. Default none. */
  readonly sockets?: SocketsGrant;
  /** What `wasi:config` tells, by name; a value written as `{ secret }` is shown to nobody else. Default none. */
  readonly config?: Readonly<Record<string, EnvValue>>;
  /** Names of the stores that `wasi:keyvalue` may open; `""` is the one named `"default"`. Default none. */
  readonly keyvalue?: readonly string[];
  /** Which records of `wasi:logging` are handed on. Default none. */
  readonly logging?: LoggingGrant;
}

/** The value of a variable; a secret one is hidden by `inspect` and in messages. */
export type EnvValue = string | { readonly secret: string };

/** Whether a guest sees the arguments that it is given. */
export type ArgsGrant = "given" | "none";

/** A directory that the guest finds at `target`. */
export type FsGrant = BindGrant | MemoryGrant;

/** A directory of the host. */
export interface BindGrant {
  readonly type?: "bind";
  /** Host path of a directory; a relative one is resolved against the app's working directory. */
  readonly source: string;
  /**
   * Path below `source` that is mounted in its place, such as `tenants/7`: plain names with `/` between
   * them. No link in it is followed. Default the source itself.
   */
  readonly subPath?: string;
  /** Absolute guest path; `/` replaces the image's files. */
  readonly target: string;
  /** Default `"read-only"`. */
  readonly access?: Access;
  /** Bytes that the container may add to the directory; the guest gets EDQUOT beyond. Default no bound. */
  readonly maxBytes?: number;
  /** Files and directories that the container may add; the guest gets EDQUOT beyond. Default no bound. */
  readonly maxFiles?: number;
}

/** Files in memory, private to one process and gone with it. */
export interface MemoryGrant {
  readonly type: "memory";
  readonly target: string;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 10,000. */
  readonly maxFiles?: number;
}

/**
 * - `"frozen"`: virtual time. It begins at a fixed moment (2020-01-01, or `startMs`), each reading adds
 *   1 µs, and a sleep adds its length and returns at once. Runs repeat exactly and learn nothing about
 *   the host.
 * - `"real"`: the host's clocks.
 * - `"coarse"`: the host's clocks, cut to whole multiples of `resolutionMs` (1 to 3,600,000; default
 *   100), so that a guest cannot time what others do.
 *
 * With `startMs`, in ms since 1970, the wall clock of a process begins there. `{ startMs }` alone is a
 * frozen clock.
 */
export type ClockGrant =
  | "frozen"
  | "real"
  | "coarse"
  | { readonly type?: "frozen" | "real"; readonly startMs?: number }
  | { readonly type: "coarse"; readonly resolutionMs?: number; readonly startMs?: number };

/**
 * - `"secure"`: the host's CSPRNG.
 * - `{ seed }`: the same bytes in every run.
 * - `"denied"`: none; `random_get` answers EPERM.
 */
export type RandomGrant = "secure" | "denied" | { readonly seed: string | number };

/**
 * - `"pipe"` (default): to and from the app.
 * - `"null"`: as `/dev/null`: input is at its end, output is dropped.
 * - `"denied"`: calls answer EBADF.
 */
export interface StdioGrant {
  readonly stdin?: StdioMode;
  readonly stdout?: StdioMode;
  readonly stderr?: StdioMode;
}

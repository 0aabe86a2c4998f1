import type { Access } from "../mount.js";

/**
 * What a guest may touch. Everything that is not listed is denied; `{}` (the default) means:
 * - no environment but the image's own `Env`,
 * - no files but the image's (see `rootfs`),
 * - a frozen clock,
 * - secure random bytes.
 *
 * Grants are plain data: they can be stored as JSON and are shown by `container.inspect()`.
 *
 * @example
 * ```ts
 * const grants: Grants = {
 *   env: { LOG: "debug" },
 *   fs: [{ source: "./data", target: "/data", access: "read-write" }, { type: "memory", target: "/tmp" }],
 *   clock: { startMs: Date.UTC(2030, 0, 1) },
 *   random: { seed: 42 },
 * };
 * const result = await engine.run(image, { grants });
 * ```
 */
export interface Grants {
  /** Variables added to the image's `Env`, replacing those of the same name. The host's are never passed. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories mounted into the guest, each also preopened under its target. */
  readonly fs?: readonly FsGrant[];
  /** Default `"frozen"`. */
  readonly clock?: ClockGrant;
  /** Default `"secure"`. */
  readonly random?: RandomGrant;
}

/** A directory that the guest finds at `target`. */
export type FsGrant = BindGrant | MemoryGrant;

/** A directory of the host. */
export interface BindGrant {
  readonly type?: "bind";
  /** Host path of a directory; a relative one is resolved against the app's working directory. */
  readonly source: string;
  /** Absolute guest path; `/` replaces the image's files. */
  readonly target: string;
  /** Default `"read-only"`. */
  readonly access?: Access;
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
 * - `"frozen"`: virtual time. It begins at a fixed moment (2020-01-01, or `startMs` in ms since 1970),
 *   each reading adds 1 µs, and a sleep adds its length and returns at once. Runs repeat exactly and
 *   learn nothing about the host.
 * - `"real"`: the host's clocks.
 */
export type ClockGrant = "frozen" | "real" | { readonly startMs: number };

/** `"secure"`: the host's CSPRNG. `{ seed }`: the same bytes in every run. */
export type RandomGrant = "secure" | { readonly seed: string | number };

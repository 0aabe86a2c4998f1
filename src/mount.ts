/**
 * `Mount`: what a guest finds at a path. Plain cloneable data, and the one noun that the storage half
 * (which makes mounts) and the execution half (which opens them) share.
 */
export type Mount = SnapshotMount | BindMount | MemoryMount;

/**
 * What guests may do with a mounted directory:
 * - `"read-only"`: read it,
 * - `"create-only"`: read it, and make files and directories that are not there yet; what is there can be
 *   neither changed nor removed, and a file that was made only through the descriptor that made it,
 * - `"read-write"`: all.
 */
export type Access = "read-only" | "create-only" | "read-write";

/** A flattened image, immutable, with an optional writable layer above it. */
export interface SnapshotMount {
  readonly type: "snapshot";
  /** Absolute guest path without trailing slash, "/" for the root. */
  readonly target: string;
  /** Host path of the flattened tree (the byte format of `src/tree/`). */
  readonly tree: string;
  /** Host paths of the uncompressed blobs that the tree's entries point into, by layer number. */
  readonly blobs: readonly string[];
  readonly writable?: WritableLayer;
}

/** Where a snapshot's changes go: a host directory shared by a container's processes, or memory. */
export type WritableLayer =
  | {
      readonly type: "directory";
      /** Host path; made on the first write. */
      readonly directory: string;
      readonly maxBytes: number;
      readonly maxFiles: number;
      /** Number of the record in the {@link WritableBoard} that the container's processes share. */
      readonly board: number;
      /** Where the container's virtual time begins, in ms since 1970; undefined: files have the host's times. */
      readonly startMs?: number;
    }
  | { readonly type: "memory"; readonly maxBytes: number; readonly maxFiles: number };

/** A directory of the host. */
export interface BindMount {
  readonly type: "bind";
  readonly target: string;
  /** Absolute host path of a directory. */
  readonly source: string;
  /** Path of plain segments below the source that is mounted in its place, no link in it followed. */
  readonly subPath?: string;
  readonly access: Access;
  /** What the container's processes may add to the directory; undefined: nothing bounds it. */
  readonly quota?: MountQuota;
}

/** Bounds what a container adds to a directory of the host: EDQUOT beyond. */
export interface MountQuota {
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Number of the record in the `WritableBoard` that counts for all processes of the container. */
  readonly board: number;
}

/** Files in memory, private to one process and gone with it. */
export interface MemoryMount {
  readonly type: "memory";
  readonly target: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** One mount, opened, with what stands in front of it. */
import { mkdirSync } from "node:fs";
import { SafedockError } from "../base/errors.js";
import type { BindMount, Mount, SnapshotMount } from "../mount.js";
import type { DenialLog } from "./denial.js";
import { EDQUOT, ELOOP, ENOENT, ENOTDIR, type Errno } from "./errno.js";
import { GuardedDirectory } from "./guarded/guarded-directory.js";
import { MountGuard } from "./guarded/mount-guard.js";
import { openHostDirectory } from "./host/open-host-directory.js";
import { MemoryFilesystem } from "./memory/memory-filesystem.js";
import type { Directory } from "./node.js";
import { HostLayer } from "./overlay/host-layer.js";
import { MemoryLayer } from "./overlay/memory-layer.js";
import { Overlay } from "./overlay/overlay.js";
import type { PolicyRecord } from "./policy-board.js";
import { HostQuota } from "./quota/host-quota.js";
import { QuotaDirectory } from "./quota/quota-directory.js";
import { openSnapshot } from "./snapshot/open-snapshot.js";
import { SteadyDirectory } from "./steady/steady-directory.js";
import { SteadyFilesystem } from "./steady/steady-filesystem.js";
import { BoardRecord, type WritableBoard } from "./writable-board.js";

/** All that positions in a file can count. */
const NO_FILE_LIMIT = Number.MAX_SAFE_INTEGER;

/** Names of all mounts of host directories: two of them may show the same ones. */
const MOUNT_NAMES = 0;

const NS_PER_MS = 1_000_000n;

export interface MountDependencies {
  /** The time that filesystems in memory note, in ns since 1970. */
  readonly now: () => bigint;
  /** The time is virtual: directories of the host show nothing that tells one run from the next. */
  readonly virtual?: boolean;
  /** The counters of writable layers; needed for mounts with one in a directory. */
  readonly board: WritableBoard | undefined;
  /** What of the mounts is taken back, and what was used; undefined: nobody asks. */
  readonly policy?: PolicyRecord | undefined;
  /** Is told of what is refused for want of a grant. */
  readonly denials?: DenialLog | undefined;
  /** Size of a file that may be written, in bytes; undefined: the filesystem's own. */
  readonly fileBytes?: number | undefined;
}

export interface OpenedMount {
  readonly directory: Directory;
  /** What stays open besides the directory. */
  readonly owner?: { close(): void };
}

/**
 * Opens one mount; `index` is its number among the process's.
 *
 * @throws SafedockError `ERR_MOUNT_UNAVAILABLE` for a host directory that cannot be opened,
 * `ERR_STORE_INVALID` for an image that cannot
 */
export function openMount(mount: Mount, index: number, deps: MountDependencies): OpenedMount {
  const { directory, owner } = openFilesystem(mount, BigInt(index + 1), deps);
  const guarded = guard(directory, mount, index, deps);
  return owner === undefined ? { directory: guarded } : { directory: guarded, owner };
}

/** Puts the mount's guard in front of it, if there is anything to guard. */
function guard(
  directory: Directory,
  mount: Mount,
  index: number,
  { policy, denials, fileBytes = NO_FILE_LIMIT }: MountDependencies,
): Directory {
  const createOnly = mount.type === "bind" && mount.access === "create-only";
  if (policy === undefined && denials === undefined && !createOnly && fileBytes >= NO_FILE_LIMIT)
    return directory;
  const { target } = mount;
  const options = { target, index, createOnly, fileBytes, policy, denials };
  return new GuardedDirectory(new MountGuard(options), directory);
}

function openFilesystem(mount: Mount, dev: bigint, deps: MountDependencies): OpenedMount {
  switch (mount.type) {
    case "snapshot":
      return openImage(mount, dev, deps);
    case "bind":
      return { directory: steady(openBind(mount, deps.board), dev, deps) };
    case "memory": {
      const { maxBytes, maxFiles } = mount;
      return { directory: new MemoryFilesystem({ maxBytes, maxFiles, now: deps.now, dev }).root };
    }
  }
}

function openImage(mount: SnapshotMount, dev: bigint, deps: MountDependencies): OpenedMount {
  const snapshot = openSnapshot(mount.tree, mount.blobs, dev);
  const { writable } = mount;
  if (writable === undefined) return { directory: snapshot.root };
  if (writable.type === "memory")
    return open(new Overlay(snapshot, new MemoryLayer(writable, deps.now, dev), deps.now));
  const { startMs } = writable;
  // The app's own changes are made at the beginning of the container's time.
  const start = startMs === undefined ? undefined : BigInt(Math.trunc(startMs)) * NS_PER_MS;
  const now = start === undefined || deps.virtual === true ? deps.now : () => start;
  const layer = new HostLayer(
    (create) => openLayerDirectory(writable.directory, create),
    recordOf(deps.board, writable.board, mount.target),
    writable,
    dev,
    start === undefined ? undefined : { start, now },
  );
  return open(new Overlay(snapshot, layer, now));
}

function steady(directory: Directory, dev: bigint, { virtual, now }: MountDependencies): Directory {
  if (virtual !== true) return directory;
  return new SteadyDirectory(new SteadyFilesystem({ now, dev }), directory);
}

function open(overlay: Overlay): OpenedMount {
  return { directory: overlay.root(), owner: overlay };
}

function openLayerDirectory(path: string, create: boolean): Directory | Errno {
  if (create) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch {
      return -ENOTDIR; // the host path above it is unusable, which openHostDirectory would say too
    }
  }
  return openHostDirectory(path, { access: "read-write", links: "any" });
}

function openBind(mount: BindMount, board: WritableBoard | undefined): Directory {
  const { source, subPath, target, access, quota } = mount;
  const directory = openHostDirectory(source, { access, subPath });
  if (typeof directory === "number") {
    const path = subPath === undefined ? source : `${source}/${subPath}`;
    throw unavailable(path, target, directory);
  }
  if (quota === undefined) return directory;
  const { maxBytes, maxFiles } = quota;
  const options = { maxBytes, maxFiles, full: -EDQUOT, names: MOUNT_NAMES };
  return new QuotaDirectory(
    new HostQuota(recordOf(board, quota.board, target), options),
    directory,
  );
}

function recordOf(board: WritableBoard | undefined, record: number, target: string): BoardRecord {
  if (board !== undefined) return new BoardRecord(board, record);
  throw new SafedockError("ERR_OPTIONS_INVALID", "What is counted needs the board of counters", {
    data: { problems: [`${target}: counted without a board`] },
  });
}

export function unavailable(source: string, target: string, errno: Errno): SafedockError {
  const why =
    errno === -ENOENT
      ? "it does not exist"
      : errno === -ENOTDIR
        ? "it is no directory"
        : errno === -ELOOP
          ? "a symbolic link is on the way"
          : `errno ${-errno}`;
  return new SafedockError("ERR_MOUNT_UNAVAILABLE", `Cannot mount ${source} at ${target}: ${why}`, {
    data: { source, target },
    hint: "check grants.fs",
  });
}

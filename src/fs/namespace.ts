/** The files that one process sees: its mounts, opened. */
import { mkdirSync } from "node:fs";
import { SafedockError } from "../base/errors.js";
import type { BindMount, Mount, SnapshotMount } from "../mount.js";
import { MountPoint } from "./covered-directory.js";
import { ELOOP, ENOENT, ENOTDIR, type Errno } from "./errno.js";
import { GuardedDirectory } from "./guarded/guarded-directory.js";
import { MountGuard } from "./guarded/mount-guard.js";
import { openHostDirectory } from "./host/open-host-directory.js";
import type { DenialLog } from "./denial.js";
import type { PolicyRecord } from "./policy-board.js";
import { EMPTY_DIRECTORY } from "./memory/empty-directory.js";
import { MemoryFilesystem } from "./memory/memory-filesystem.js";
import type { Directory } from "./node.js";
import { HostLayer } from "./overlay/host-layer.js";
import { MemoryLayer } from "./overlay/memory-layer.js";
import { Overlay } from "./overlay/overlay.js";
import { Location } from "./resolve.js";
import { openSnapshot } from "./snapshot/open-snapshot.js";
import { BoardRecord, type WritableBoard } from "./writable-board.js";

/** All that positions in a file can count. */
const NO_FILE_LIMIT = Number.MAX_SAFE_INTEGER;

export interface NamespaceDependencies {
  /** The time that filesystems in memory note, in ns since 1970. */
  readonly now: () => bigint;
  /** The counters of writable layers; needed for mounts with one in a directory. */
  readonly board: WritableBoard | undefined;
  /** What of the mounts is taken back, and what was used; undefined: nobody asks. */
  readonly policy?: PolicyRecord | undefined;
  /** Is told of what is refused for want of a grant. */
  readonly denials?: DenialLog | undefined;
  /** Size of a file that may be written, in bytes; undefined: the filesystem's own. */
  readonly fileBytes?: number | undefined;
}

export interface Preopen {
  /** The guest path: "/" or "/data". */
  readonly name: string;
  /** Whoever takes it closes it. */
  readonly location: Location;
}

export interface Namespace {
  /** "/" first, if something is mounted there; then the other mounts as they were given. */
  readonly preopens: readonly Preopen[];
  /** Releases what is not a preopen's. */
  close(): void;
}

/**
 * Opens the mounts of one process. Each is a preopen of its own, and can also be reached by walking from
 * any mount above it; the directories on the way need not exist there.
 *
 * @throws SafedockError `ERR_MOUNT_UNAVAILABLE` for a host directory that cannot be opened,
 * `ERR_STORE_INVALID` for an image that cannot, `ERR_OPTIONS_INVALID` for a target that is no absolute
 * plain path or is used twice. Nothing stays open then.
 */
export function openNamespace(mounts: readonly Mount[], deps: NamespaceDependencies): Namespace {
  const opened: Opened[] = [];
  const close = () => {
    for (const each of opened.splice(0)) each.close();
  };
  try {
    const sole = mounts[0];
    if (mounts.length === 1 && sole?.target === "/") {
      // The usual container, opened for each process: no mount can cover anything.
      const { directory, owner } = openMount(sole, 0, deps);
      if (owner !== undefined) opened.push(owner);
      return { preopens: [{ name: "/", location: new Location(directory, true) }], close };
    }
    return { preopens: openMany(mounts, deps, opened), close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Opened {
  close(): void;
}

interface OpenedMount {
  readonly directory: Directory;
  /** What stays open besides the directory. */
  readonly owner?: Opened;
}

function openMany(
  mounts: readonly Mount[],
  deps: NamespaceDependencies,
  opened: Opened[],
): Preopen[] {
  const root = new MountPoint();
  for (const [index, mount] of mounts.entries()) {
    const point = pointAt(root, mount.target);
    if (point === undefined || point.mounted !== undefined) throw badTarget(mount.target, point);
    const { directory, owner } = openMount(mount, index, deps);
    point.mounted = directory;
    opened.push(directory);
    if (owner !== undefined) opened.push(owner);
  }
  const rootFirst = [...mounts].toSorted(
    (a, b) => Number(b.target === "/") - Number(a.target === "/"),
  );
  const preopens: Preopen[] = [];
  for (const { target } of rootFirst) {
    const directory = pointAt(root, target)?.enter(EMPTY_DIRECTORY, "") ?? -ENOENT;
    if (typeof directory === "number") {
      for (const { location } of preopens) location.close();
      throw unavailable(target, target, directory);
    }
    preopens.push({ name: target, location: new Location(directory, target === "/") });
  }
  return preopens;
}

/** The point at an absolute path, made if missing; undefined if the path is not plain. */
function pointAt(root: MountPoint, target: string): MountPoint | undefined {
  if (target === "/") return root;
  if (!target.startsWith("/")) return undefined;
  let point = root;
  for (const segment of target.slice(1).split("/")) {
    if (segment === "" || segment === "." || segment === ".." || segment.includes("\0"))
      return undefined;
    let child = point.children.get(segment);
    if (child === undefined) {
      child = new MountPoint();
      point.children.set(segment, child);
    }
    point = child;
  }
  return point;
}

function openMount(mount: Mount, index: number, deps: NamespaceDependencies): OpenedMount {
  const { directory, owner } = openFilesystem(mount, BigInt(index + 1), deps);
  const guarded = guard(directory, mount, index, deps);
  return owner === undefined ? { directory: guarded } : { directory: guarded, owner };
}

/** Puts the mount's guard in front of it, if there is anything to guard. */
function guard(
  directory: Directory,
  mount: Mount,
  index: number,
  { policy, denials, fileBytes = NO_FILE_LIMIT }: NamespaceDependencies,
): Directory {
  const createOnly = mount.type === "bind" && mount.access === "create-only";
  if (policy === undefined && denials === undefined && !createOnly && fileBytes >= NO_FILE_LIMIT)
    return directory;
  const { target } = mount;
  const options = { target, index, createOnly, fileBytes, policy, denials };
  return new GuardedDirectory(new MountGuard(options), directory);
}

function openFilesystem(mount: Mount, dev: bigint, deps: NamespaceDependencies): OpenedMount {
  switch (mount.type) {
    case "snapshot":
      return openImage(mount, dev, deps);
    case "bind":
      return { directory: openBind(mount) };
    case "memory": {
      const { maxBytes, maxFiles } = mount;
      return { directory: new MemoryFilesystem({ maxBytes, maxFiles, now: deps.now, dev }).root };
    }
  }
}

function openImage(mount: SnapshotMount, dev: bigint, deps: NamespaceDependencies): OpenedMount {
  const snapshot = openSnapshot(mount.tree, mount.blobs, dev);
  const { writable } = mount;
  if (writable === undefined) return { directory: snapshot.root };
  if (writable.type === "memory")
    return open(new Overlay(snapshot, new MemoryLayer(writable, deps.now, dev), deps.now));
  if (deps.board === undefined)
    throw new SafedockError("ERR_OPTIONS_INVALID", "A writable layer needs the board of counters", {
      data: { problems: [`${mount.target}: writable without a board`] },
    });
  const layer = new HostLayer(
    (create) => openLayerDirectory(writable.directory, create),
    new BoardRecord(deps.board, writable.board),
    writable,
    dev,
  );
  return open(new Overlay(snapshot, layer, deps.now));
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

function openBind(mount: BindMount): Directory {
  const { source, subPath, target, access } = mount;
  const directory = openHostDirectory(source, { access, subPath });
  if (typeof directory === "number") {
    const path = subPath === undefined ? source : `${source}/${subPath}`;
    throw unavailable(path, target, directory);
  }
  return directory;
}

function unavailable(source: string, target: string, errno: Errno): SafedockError {
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

function badTarget(target: string, point: MountPoint | undefined): SafedockError {
  const problem =
    point === undefined ? "is no absolute path of plain segments" : "is used by another mount";
  return new SafedockError("ERR_OPTIONS_INVALID", `The mount target ${target} ${problem}`, {
    data: { problems: [`${target} ${problem}`] },
  });
}

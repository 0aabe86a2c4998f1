/** The files that one process sees: its mounts, opened. */
import { SafedockError } from "../base/errors.js";
import type { Mount } from "../mount.js";
import { MountPoint } from "./covered-directory.js";
import { ENOENT } from "./errno.js";
import { EMPTY_DIRECTORY } from "./memory/empty-directory.js";
import { openMount, unavailable, type MountDependencies } from "./open-mount.js";
import { Location } from "./resolve.js";

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
export function openNamespace(mounts: readonly Mount[], deps: MountDependencies): Namespace {
  const opened: Closable[] = [];
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

interface Closable {
  close(): void;
}

function openMany(
  mounts: readonly Mount[],
  deps: MountDependencies,
  opened: Closable[],
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

function badTarget(target: string, point: MountPoint | undefined): SafedockError {
  const problem =
    point === undefined ? "is no absolute path of plain segments" : "is used by another mount";
  return new SafedockError("ERR_OPTIONS_INVALID", `The mount target ${target} ${problem}`, {
    data: { problems: [`${target} ${problem}`] },
  });
}

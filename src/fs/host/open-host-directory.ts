/** Host directories as a filesystem of the kernel: what a bind mount is made of. */
import { isAbsolute } from "node:path";
import type { Access } from "../../mount.js";
import { EINVAL } from "../errno.js";
import type { Errno } from "../errno.js";
import type { Directory } from "../node.js";
import { HostDirectory } from "./host-directory.js";
import type { LinkPolicy } from "./host-mount.js";
import { HostMount } from "./host-mount.js";
import { hasDescriptorPaths, LinuxPlace } from "./linux-place.js";
import type { Place } from "./place.js";
import { PortablePlace } from "./portable-place.js";

export interface HostDirectoryOptions {
  /** "read-only": every change answers -EROFS. */
  readonly access: Access;
  /**
   * Symbolic links that a guest makes. "contained" (default): -EPERM for one that would lead above the
   * directory when the host follows it. "any": for directories that the host itself never walks, such
   * as a container's writable layer, where "/" is the guest's own root.
   */
  readonly links?: LinkPolicy;
  /**
   * How children are reached. "descriptor": through `/proc/self/fd`, race-free, Linux only. "path":
   * by paths that are checked before each operation, not race-free. Default: "descriptor" where it
   * works.
   */
  readonly reach?: "descriptor" | "path";
  /**
   * Names with "/" between them: a directory below `path` that is opened in its place, and is what links
   * may not lead out of. No symbolic link in it is followed. Default: `path` itself.
   */
  readonly subPath?: string | undefined;
}

/**
 * Opens a directory of the host as the root of a filesystem. Symbolic links in `path` itself are
 * followed; below it none is ever followed by the host.
 *
 * @param path - absolute host path
 * @returns the directory; -ENOENT, -ENOTDIR, -EACCES and the like if it cannot be opened, -ELOOP for a
 *   symbolic link in the sub-path, -EINVAL for a path that is not absolute
 */
export function openHostDirectory(path: string, options: HostDirectoryOptions): Directory | Errno {
  if (!isAbsolute(path)) return -EINVAL;
  const reach = options.reach ?? (hasDescriptorPaths() ? "descriptor" : "path");
  const root = reach === "descriptor" ? LinuxPlace.openRoot(path) : PortablePlace.openRoot(path);
  if (typeof root === "number") return root;
  const place = options.subPath === undefined ? root : descend(root, options.subPath);
  if (typeof place === "number") return place;
  return new HostDirectory(new HostMount(options.access, options.links ?? "contained"), place);
}

/** The root that lies below `root`, which is closed. */
function descend(root: Place, subPath: string): Place | Errno {
  let place = root;
  for (const name of subPath.split("/")) {
    const next = place.isName(name) ? place.open(name) : -EINVAL;
    place.close();
    if (typeof next === "number") return next;
    place = next;
  }
  const answer = place.asRoot();
  place.close();
  return answer;
}

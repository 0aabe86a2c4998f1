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
}

/**
 * Opens a directory of the host as the root of a filesystem. Symbolic links in `path` itself are
 * followed; below it none is ever followed by the host.
 *
 * @param path - absolute host path
 * @returns the directory; -ENOENT, -ENOTDIR, -EACCES and the like if it cannot be opened, -EINVAL for a
 *   path that is not absolute
 */
export function openHostDirectory(path: string, options: HostDirectoryOptions): Directory | Errno {
  if (!isAbsolute(path)) return -EINVAL;
  const reach = options.reach ?? (hasDescriptorPaths() ? "descriptor" : "path");
  const place = reach === "descriptor" ? LinuxPlace.openRoot(path) : PortablePlace.openRoot(path);
  if (typeof place === "number") return place;
  return new HostDirectory(new HostMount(options.access, options.links ?? "contained"), place);
}

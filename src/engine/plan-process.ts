import type { GuestSpec } from "../guest/guest-spec.js";
import type { Mount, SnapshotMount } from "../mount.js";
import type { CheckedOptions } from "./check-options.js";
import type { ContainerLayer } from "./container-layer.js";
import type { Image } from "./image.js";

export function mountsOf(
  image: Image,
  options: CheckedOptions,
  layer: ContainerLayer | undefined,
): readonly Mount[] {
  const { rootfs, mounts } = options;
  if (rootfs === "none" || mounts.some(({ target }) => target === "/")) return mounts;
  const root =
    layer === undefined && rootfs === "memory"
      ? memoryMount(image, options)
      : rootMount(image, layer);
  return mounts.length === 0 ? [root] : [root, ...mounts];
}

/** The image's files, with a writable layer if there is one. */
export function rootMount(image: Image, layer: ContainerLayer | undefined): SnapshotMount {
  const { tree, blobs } = image.files;
  if (layer === undefined) return { type: "snapshot", target: "/", tree, blobs };
  return { type: "snapshot", target: "/", tree, blobs, writable: layer.mount() };
}

/** A memory layer holds what a writable layer may, but never more than the guest's own memory could. */
function memoryMount(image: Image, { limits }: CheckedOptions): SnapshotMount {
  const { tree, blobs } = image.files;
  const { writableBytes: maxBytes, writableFiles: maxFiles } = limits;
  return {
    type: "snapshot",
    target: "/",
    tree,
    blobs,
    writable: { type: "memory", maxBytes, maxFiles },
  };
}

/** The order for one process, once its module is known. */
export function planProcess(
  options: CheckedOptions,
  mounts: readonly Mount[],
  env: readonly string[],
  args: readonly string[],
  entry: string | undefined,
): GuestSpec {
  const { limits } = options;
  return {
    args,
    env,
    mounts,
    clock: options.clock,
    random: options.random,
    limits: { openFiles: limits.openFiles },
    memoryBytes: limits.memoryBytes,
    ...(limits.timeoutMs === undefined ? undefined : { timeoutMs: limits.timeoutMs }),
    ...(entry === undefined ? undefined : { entry }),
  };
}

/** The image's environment, its working directory as PWD, and what was granted, the later replacing the earlier. */
export function environmentOf(
  image: Image,
  granted: ReadonlyMap<string, string>,
  more: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  if (granted.size === 0 && more === undefined) return image.environment;
  const merged = new Map<string, string>();
  for (const line of image.environment) {
    const cut = line.indexOf("=");
    merged.set(line.slice(0, cut), line.slice(cut + 1));
  }
  for (const [name, value] of granted) merged.set(name, value);
  if (more !== undefined) for (const [name, value] of more) merged.set(name, value);
  return [...merged].map(([name, value]) => `${name}=${value}`);
}

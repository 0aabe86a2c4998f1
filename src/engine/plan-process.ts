import type { GuestSpec } from "../guest/guest-spec.js";
import type { HostServices } from "../base/host-service.js";
import type { Mount, SnapshotMount } from "../mount.js";
import { checkedArguments } from "./check-environment.js";
import type { CheckedMount } from "./check-fs-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { ContainerLayer } from "./container-layer.js";
import type { Image } from "./image.js";
import { Problems } from "./problems.js";

const NO_BOARDS: readonly (number | undefined)[] = [];

/**
 * What a process finds, the root first.
 *
 * @param boards - for each of `options.mounts` that has a quota, the number of the record in the
 * `WritableBoard` that counts for it. Without one nothing bounds the mount: for the app's own look at files.
 */
export function mountsOf(
  image: Image,
  options: CheckedOptions,
  layer: ContainerLayer | undefined,
  boards: readonly (number | undefined)[] = NO_BOARDS,
): readonly Mount[] {
  const { rootfs } = options;
  const mounts = options.mounts.map((mount, index) => openable(mount, boards[index]));
  if (rootfs === "none" || mounts.some(({ target }) => target === "/")) return mounts;
  const root =
    layer === undefined && rootfs === "memory"
      ? memoryMount(image, options)
      : rootMount(image, layer);
  return mounts.length === 0 ? [root] : [root, ...mounts];
}

function openable(mount: CheckedMount, board: number | undefined): Mount {
  if (mount.type === "memory" || mount.quota === undefined) return mount as Mount;
  const { quota, ...rest } = mount;
  return board === undefined ? rest : { ...rest, quota: { ...quota, board } };
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
  policy: number | undefined,
  services: HostServices | undefined,
): GuestSpec {
  const { limits, argsGrant, stdio } = options;
  // What is absent is added by assignment: spreads cost a warm run more than the rest of this.
  const spec: { -readonly [K in keyof GuestSpec]: GuestSpec[K] } = {
    args: argsGrant === "none" ? args.slice(0, 1) : args,
    env,
    mounts,
    clock: options.clock,
    random: options.random,
    policy,
    limits: { openFiles: limits.openFiles, fileBytes: limits.fileBytes },
    memoryBytes: limits.memoryBytes,
  };
  if (stdio !== undefined) spec.stdio = stdio;
  if (limits.timeoutMs !== undefined) spec.timeoutMs = limits.timeoutMs;
  if (limits.cpuMs !== undefined) spec.cpuMs = limits.cpuMs;
  if (entry !== undefined) spec.entry = entry;
  if (services !== undefined) spec.services = [...services.keys()];
  return spec;
}

/**
 * The image's environment, its working directory as PWD, what is inherited of the app's and what was
 * granted, the later replacing the earlier.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` if inherited variables make it too long
 */
export function environmentOf(
  image: Image,
  options: CheckedOptions,
  more: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  const { env, inheritEnv } = options;
  if (env.size === 0 && inheritEnv.length === 0 && more === undefined) return image.environment;
  const merged = new Map<string, string>();
  for (const line of image.environment) {
    const cut = line.indexOf("=");
    merged.set(line.slice(0, cut), line.slice(cut + 1));
  }
  for (const name of inheritEnv) {
    // Its prototype is every object's: `toString` is there, and no variable.
    const value: unknown = process.env[name];
    if (typeof value === "string") merged.set(name, value);
  }
  for (const [name, value] of env) merged.set(name, value);
  if (more !== undefined) for (const [name, value] of more) merged.set(name, value);
  if (inheritEnv.length > 0) checkLength(options, merged);
  return [...merged].map(([name, value]) => `${name}=${value}`);
}

/** The app's own variables were not known when the options were checked. */
function checkLength({ command, args }: CheckedOptions, env: ReadonlyMap<string, string>): void {
  const problems = new Problems();
  checkedArguments(command ?? args, env, problems);
  problems.throwIfAny("inherited variables");
}

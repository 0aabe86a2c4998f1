import { resolve } from "node:path";
import type { Access, BindMount, MemoryMount, MountQuota } from "../mount.js";
import {
  DEFAULT_MEMORY_MOUNT_BYTES,
  DEFAULT_MEMORY_MOUNT_FILES,
  MAX_MEMORY_BYTES,
  MAX_MOUNTS,
} from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

/** Stands where the host has to choose a directory; nothing takes it for a path. */
export const CHOOSE_SOURCE = "<choose a directory>";

/** A mount as a container has it: a quota is counted once the container has a record to count in. */
export type CheckedMount = CheckedBind | MemoryMount;
/** A directory of the host as a container has it. */
export type CheckedBind = Omit<BindMount, "quota"> & { readonly quota?: CheckedQuota };
/** What a container may add to a directory of the host. */
export type CheckedQuota = Omit<MountQuota, "board">;

const BIND_KEYS = ["type", "source", "subPath", "target", "access", "maxBytes", "maxFiles"];
const ACCESSES: readonly string[] = ["read-only", "create-only", "read-write"] satisfies Access[];
const MEMORY_KEYS = ["type", "target", "maxBytes", "maxFiles"];
/** POSIX PATH_MAX, as the kernel has it for guest paths. */
const MAX_PATH_BYTES = 4096;
/** As many as a counter of the kernel can hold. */
const MAX_FILES = 2 ** 31 - 1;

export function checkFsGrants(grants: unknown, problems: Problems): readonly CheckedMount[] {
  const mounts: CheckedMount[] = [];
  if (!Array.isArray(grants)) {
    problems.add(`grants.fs: must be an array, not ${show(grants)}`);
    return mounts;
  }
  if (grants.length > MAX_MOUNTS)
    problems.add(`grants.fs: ${grants.length} mounts, more than ${MAX_MOUNTS}`);
  const targets = new Set<string>();
  for (const [index, grant] of grants.slice(0, MAX_MOUNTS).entries()) {
    const at = `grants.fs[${index}]`;
    if (!isRecord(grant)) {
      problems.add(`${at}: must be an object, not ${show(grant)}`);
      continue;
    }
    const target = checkTarget(at, grant.target, problems);
    if (targets.has(target)) problems.add(`${at}.target: ${show(target)} is mounted twice`);
    targets.add(target);
    mounts.push(
      grant.type === "memory"
        ? memoryMount(at, grant, target, problems)
        : bindMount(at, grant, target, problems),
    );
  }
  // As of arguments: without room for more.
  return mounts.slice();
}

function memoryMount(
  at: string,
  grant: Record<string, unknown>,
  target: string,
  problems: Problems,
): MemoryMount {
  problems.keys(`${at}.`, grant, MEMORY_KEYS);
  return {
    type: "memory",
    target,
    maxBytes: problems.integer(
      `${at}.maxBytes`,
      grant.maxBytes,
      0,
      MAX_MEMORY_BYTES,
      DEFAULT_MEMORY_MOUNT_BYTES,
    ),
    maxFiles: problems.integer(
      `${at}.maxFiles`,
      grant.maxFiles,
      0,
      MAX_FILES,
      DEFAULT_MEMORY_MOUNT_FILES,
    ),
  };
}

function bindMount(
  at: string,
  grant: Record<string, unknown>,
  target: string,
  problems: Problems,
): CheckedBind {
  problems.keys(`${at}.`, grant, BIND_KEYS);
  const { type, source, subPath, access = "read-only" } = grant;
  if (type !== undefined && type !== "bind")
    problems.add(`${at}.type: must be "bind" or "memory", not ${show(type)}`);
  if (typeof source !== "string" || source === "" || source.includes("\0")) {
    problems.add(`${at}.source: must be the path of a host directory, not ${show(source)}`);
  }
  if (source === CHOOSE_SOURCE) problems.add(`${at}.source: choose the directory for ${target}`);
  if (!isAccess(access)) {
    problems.add(`${at}.access: must be one of ${ACCESSES.join(", ")}, not ${show(access)}`);
  }
  const quota = checkQuota(at, grant, problems);
  return {
    type: "bind",
    target,
    source: typeof source === "string" ? resolve(source) : "",
    ...(subPath === undefined ? undefined : { subPath: checkSubPath(at, subPath, problems) }),
    access: isAccess(access) ? access : "read-only",
    ...(quota === undefined ? undefined : { quota }),
  };
}

function checkQuota(
  at: string,
  { maxBytes, maxFiles }: Record<string, unknown>,
  problems: Problems,
): CheckedQuota | undefined {
  if (maxBytes === undefined && maxFiles === undefined) return undefined;
  const { MAX_SAFE_INTEGER } = Number;
  return {
    maxBytes: problems.integer(`${at}.maxBytes`, maxBytes, 0, MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
    maxFiles: problems.integer(`${at}.maxFiles`, maxFiles, 0, MAX_FILES, MAX_FILES),
  };
}

function isAccess(value: unknown): value is Access {
  return typeof value === "string" && ACCESSES.includes(value);
}

/** Plain names with "/" between them; a backslash would part names on Windows. */
function checkSubPath(at: string, subPath: unknown, problems: Problems): string {
  if (
    typeof subPath !== "string" ||
    /[\0\\]|\p{Surrogate}/u.test(subPath) ||
    subPath.split("/").some((name) => name === "" || name === "." || name === "..")
  ) {
    problems.add(`${at}.subPath: must be plain names with "/" between them, not ${show(subPath)}`);
    return "";
  }
  if (Buffer.byteLength(subPath) > MAX_PATH_BYTES) {
    problems.add(`${at}.subPath: longer than ${MAX_PATH_BYTES} bytes`);
  }
  return subPath;
}

/** An absolute path, without ".." and in its shortest form. */
function checkTarget(at: string, target: unknown, problems: Problems): string {
  if (typeof target !== "string" || !target.startsWith("/") || target.includes("\0")) {
    problems.add(`${at}.target: must be an absolute guest path, not ${show(target)}`);
    return "";
  }
  if (Buffer.byteLength(target) > MAX_PATH_BYTES) {
    problems.add(`${at}.target: longer than ${MAX_PATH_BYTES} bytes`);
  }
  const segments = target.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) problems.add(`${at}.target: ${show(target)} must not hold ".."`);
  return `/${segments.join("/")}`;
}

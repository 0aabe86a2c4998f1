import { resolve } from "node:path";
import type { BindMount, MemoryMount } from "../mount.js";
import {
  DEFAULT_MEMORY_MOUNT_BYTES,
  DEFAULT_MEMORY_MOUNT_FILES,
  MAX_MEMORY_BYTES,
  MAX_MOUNTS,
} from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

const BIND_KEYS = ["type", "source", "target", "access"];
const MEMORY_KEYS = ["type", "target", "maxBytes", "maxFiles"];
/** POSIX PATH_MAX, as the kernel has it for guest paths. */
const MAX_TARGET_BYTES = 4096;

export function checkFsGrants(
  grants: unknown,
  problems: Problems,
): readonly (BindMount | MemoryMount)[] {
  const mounts: (BindMount | MemoryMount)[] = [];
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
  return mounts;
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
      2 ** 31,
      DEFAULT_MEMORY_MOUNT_FILES,
    ),
  };
}

function bindMount(
  at: string,
  grant: Record<string, unknown>,
  target: string,
  problems: Problems,
): BindMount {
  problems.keys(`${at}.`, grant, BIND_KEYS);
  const { type, source, access } = grant;
  if (type !== undefined && type !== "bind")
    problems.add(`${at}.type: must be "bind" or "memory", not ${show(type)}`);
  if (typeof source !== "string" || source === "" || source.includes("\0")) {
    problems.add(`${at}.source: must be the path of a host directory, not ${show(source)}`);
  }
  if (access !== undefined && access !== "read-only" && access !== "read-write") {
    problems.add(`${at}.access: must be "read-only" or "read-write", not ${show(access)}`);
  }
  return {
    type: "bind",
    target,
    source: typeof source === "string" ? resolve(source) : "",
    access: access === "read-write" ? "read-write" : "read-only",
  };
}

/** An absolute path, without ".." and in its shortest form. */
function checkTarget(at: string, target: unknown, problems: Problems): string {
  if (typeof target !== "string" || !target.startsWith("/") || target.includes("\0")) {
    problems.add(`${at}.target: must be an absolute guest path, not ${show(target)}`);
    return "";
  }
  if (Buffer.byteLength(target) > MAX_TARGET_BYTES) {
    problems.add(`${at}.target: longer than ${MAX_TARGET_BYTES} bytes`);
  }
  const segments = target.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) problems.add(`${at}.target: ${show(target)} must not hold ".."`);
  return `/${segments.join("/")}`;
}

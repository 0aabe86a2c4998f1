import {
  MOUNT_CHANGED,
  MOUNT_CREATED,
  MOUNT_LOOKED,
  MOUNT_READ,
  MOUNT_REMOVED,
  USED_ARGS,
  USED_CLOCK,
  USED_ENV,
  USED_RANDOM,
  USED_SLEEP,
  USED_STDERR,
  USED_STDIN,
  USED_STDOUT,
} from "../fs/policy-board.js";
import type { CheckedOptions } from "./check-options.js";
import type { ContainerAudit, MountUse } from "./container-audit.js";
import { seesImage } from "./sees-image.js";

/** What a container's record says was used. */
export interface UsedBits {
  /** USED_* bits. */
  readonly others: number;
  /** MOUNT_* bits by the mount's number in a process. */
  readonly mounts: readonly number[];
}

export const NOTHING_USED: UsedBits = { others: 0, mounts: [] };

type Uses = Pick<
  ContainerAudit,
  "env" | "args" | "clock" | "sleep" | "random" | "stdin" | "stdout" | "stderr"
>;

export function toUses(bits: number): Uses {
  return {
    env: (bits & USED_ENV) !== 0,
    args: (bits & USED_ARGS) !== 0,
    clock: (bits & USED_CLOCK) !== 0,
    sleep: (bits & USED_SLEEP) !== 0,
    random: (bits & USED_RANDOM) !== 0,
    stdin: (bits & USED_STDIN) !== 0,
    stdout: (bits & USED_STDOUT) !== 0,
    stderr: (bits & USED_STDERR) !== 0,
  };
}

/** The root filesystem first if the image's files are seen. */
export function mountUses(granted: CheckedOptions, { mounts }: UsedBits): MountUse[] {
  const named = granted.mounts.map(({ target, type }) => ({ target, type }));
  const image = { target: "/", type: "image" as const };
  return (seesImage(granted) ? [image, ...named] : named).map((mount, index) => {
    const bits = mounts[index] ?? 0;
    return {
      ...mount,
      looked: (bits & MOUNT_LOOKED) !== 0,
      read: (bits & MOUNT_READ) !== 0,
      created: (bits & MOUNT_CREATED) !== 0,
      changed: (bits & MOUNT_CHANGED) !== 0,
      removed: (bits & MOUNT_REMOVED) !== 0,
    };
  });
}

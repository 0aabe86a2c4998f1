import type { CheckedOptions } from "./check-options.js";

/** Whether the image's files are the first of a process's mounts. */
export function seesImage({ rootfs, mounts }: CheckedOptions): boolean {
  return rootfs !== "none" && !mounts.some(({ target }) => target === "/");
}

/** Turns what `node:fs` throws into the kernel's errno numbers. */
import * as errno from "../errno.js";
import type { Errno } from "../errno.js";

/** Node's `error.code` by name; the names of witx are those of POSIX. */
const BY_CODE = new Map<unknown, Errno>();
for (const [name, value] of Object.entries(errno)) BY_CODE.set(name, value);
// Linux errors that libuv has no name for; Node gives the number in the code.
BY_CODE.set("Unknown system error -122", errno.EDQUOT);
BY_CODE.set("Unknown system error -116", errno.ESTALE);
// Node's own checks, before any system call.
BY_CODE.set("ERR_INVALID_ARG_VALUE", errno.EINVAL);
BY_CODE.set("ERR_OUT_OF_RANGE", errno.EINVAL);
BY_CODE.set("ERR_FS_FILE_TOO_LARGE", errno.EFBIG);
// The permission model of Node (`--permission`).
BY_CODE.set("ERR_ACCESS_DENIED", errno.EACCES);

/** The negated errno of an error of `node:fs`; -EIO for one that has no counterpart. */
export function errnoOf(error: unknown): Errno {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  return -(BY_CODE.get(code) ?? errno.EIO);
}

/** `wasi:filesystem/types.error-code`: its cases in their order, and the errno numbers that they are. */
import {
  EACCES,
  EAGAIN,
  EALREADY,
  EBADF,
  EBUSY,
  EDEADLK,
  EDQUOT,
  EEXIST,
  EFBIG,
  EILSEQ,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  EISDIR,
  ELOOP,
  EMFILE,
  EMLINK,
  EMSGSIZE,
  ENAMETOOLONG,
  ENFILE,
  ENODEV,
  ENOENT,
  ENOLCK,
  ENOMEM,
  ENOSPC,
  ENOSYS,
  ENOTCAPABLE,
  ENOTDIR,
  ENOTEMPTY,
  ENOTRECOVERABLE,
  ENOTSUP,
  ENOTTY,
  ENXIO,
  EOVERFLOW,
  EPERM,
  EPIPE,
  EROFS,
  ESPIPE,
  ETXTBSY,
  EXDEV,
} from "../../../fs/errno.js";

const CASES = [
  ["access", EACCES],
  ["would-block", EAGAIN],
  ["already", EALREADY],
  ["bad-descriptor", EBADF],
  ["busy", EBUSY],
  ["deadlock", EDEADLK],
  ["quota", EDQUOT],
  ["exist", EEXIST],
  ["file-too-large", EFBIG],
  ["illegal-byte-sequence", EILSEQ],
  ["in-progress", EINPROGRESS],
  ["interrupted", EINTR],
  ["invalid", EINVAL],
  ["io", EIO],
  ["is-directory", EISDIR],
  ["loop", ELOOP],
  ["too-many-links", EMLINK],
  ["message-size", EMSGSIZE],
  ["name-too-long", ENAMETOOLONG],
  ["no-device", ENODEV],
  ["no-entry", ENOENT],
  ["no-lock", ENOLCK],
  ["insufficient-memory", ENOMEM],
  ["insufficient-space", ENOSPC],
  ["not-directory", ENOTDIR],
  ["not-empty", ENOTEMPTY],
  ["not-recoverable", ENOTRECOVERABLE],
  ["unsupported", ENOTSUP],
  ["no-tty", ENOTTY],
  ["no-such-device", ENXIO],
  ["overflow", EOVERFLOW],
  ["not-permitted", EPERM],
  ["pipe", EPIPE],
  ["read-only", EROFS],
  ["invalid-seek", ESPIPE],
  ["text-file-busy", ETXTBSY],
  ["cross-device", EXDEV],
] as const;

export type ErrorCodeName = (typeof CASES)[number][0];

/** No case says that a process has as many files open as it may. */
const OTHERS: readonly (readonly [number, ErrorCodeName])[] = [
  [EMFILE, "insufficient-memory"],
  [ENFILE, "insufficient-memory"],
  [ENOSYS, "unsupported"],
  [ENOTCAPABLE, "not-permitted"],
];

const NAMES: readonly ErrorCodeName[] = CASES.map(([name]) => name);
const IO = NAMES.indexOf("io");
const NUMBERS = new Uint8Array(ENOTCAPABLE + 1).fill(IO);
for (const [index, [, errno]] of CASES.entries()) NUMBERS[errno] = index;
for (const [errno, name] of OTHERS) NUMBERS[errno] = NAMES.indexOf(name);

/** The number of an errno's case. */
export function errorCode(errno: number): number {
  return NUMBERS[errno] ?? IO;
}

export function errorCodeName(errno: number): ErrorCodeName {
  return NAMES[errorCode(errno)] ?? "io";
}

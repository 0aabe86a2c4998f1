/**
 * What every filesystem of the kernel (snapshot, memory, overlay, host) implements: directories and
 * files as capabilities, in the manner of `openat`.
 *
 * Rules that hold for each call below:
 * - `name` is one path segment: never empty, ".", "..", and never with "/" or NUL. The walk over
 *   segments, "..", symbolic links and mount points is done once, in resolve.ts, for all filesystems.
 * - No call follows a symbolic link in `name`; where the operation would need to, it answers -ELOOP and
 *   the resolver reads the link and goes on.
 * - Errors come back as negated errno (errno.ts); nothing throws for what a guest may do.
 * - `open` may answer one object for several handles on one file. So whether a handle may read or write
 *   is for its holder to remember, and each `open` is closed once.
 * - Programs' calls come through path-calls.ts. What renames or links between two directories itself
 *   uses `renameBetween` and `linkBetween` of covered-directory.ts: a filesystem only knows its own.
 */
import type { Errno } from "./errno.js";

/** witx `$filetype`. */
export const FILETYPE_UNKNOWN = 0;
export const FILETYPE_BLOCK_DEVICE = 1;
export const FILETYPE_CHARACTER_DEVICE = 2;
export const FILETYPE_DIRECTORY = 3;
export const FILETYPE_REGULAR_FILE = 4;
export const FILETYPE_SOCKET_STREAM = 6;
export const FILETYPE_SYMBOLIC_LINK = 7;
export type FileType = number;

/** Filled in by `stat` calls; callers keep one and reuse it. Times are nanoseconds since 1970. */
export interface Stat {
  dev: bigint;
  ino: bigint;
  type: FileType;
  nlink: number;
  size: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
}

export function emptyStat(): Stat {
  return { dev: 0n, ino: 0n, type: 0, nlink: 0, size: 0, atime: 0n, mtime: 0n, ctime: 0n };
}

/** Bits of `open`. Without OPEN_WRITE the file is opened for reading. */
export const OPEN_READ = 1;
export const OPEN_WRITE = 2;
/** Make the file if it is missing. */
export const OPEN_CREATE = 4;
/** With OPEN_CREATE: -EEXIST if the name exists, a dangling link included. */
export const OPEN_EXCLUSIVE = 8;
export const OPEN_TRUNCATE = 16;
/** -ENOTDIR unless the name is a directory. */
export const OPEN_DIRECTORY = 32;
export const OPEN_APPEND = 64;
export type OpenFlags = number;

/** A regular file, open. Positions are the caller's business: every transfer names its own. */
export interface File {
  readonly type: typeof FILETYPE_REGULAR_FILE;
  /** The file that `read` comes down to: another one where this only hands the call on. For the file's life. */
  readonly reader: File;
  /** Bytes read into `dst[offset, offset + length)`, 0 at the end of the file. */
  read(dst: Uint8Array, offset: number, length: number, position: number): number;
  /** Bytes written; a write past the end leaves a hole that reads as zeros. */
  write(src: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes at the current end, atomically against other writers where the host can. */
  append(src: Uint8Array, offset: number, length: number): number;
  /** The size in bytes now. */
  size(): number;
  stat(out: Stat): Errno;
  truncate(size: number): Errno;
  /** Times in ns, `undefined` leaves one as it is. */
  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno;
  sync(dataOnly: boolean): Errno;
  close(): Errno;
}

/** A directory, open. */
export interface Directory {
  readonly type: typeof FILETYPE_DIRECTORY;
  /** Two directories of one filesystem object can rename and link between each other. */
  readonly filesystem: object;

  /** Opens a child directory for walking: -ELOOP if it is a symbolic link, -ENOTDIR for anything else. */
  openDirectory(name: string): Directory | Errno;
  /** Opens a child: a regular file or a directory. -ELOOP if it is a symbolic link. */
  open(name: string, flags: OpenFlags): File | Directory | Errno;
  /** lstat of a child. */
  statAt(name: string, out: Stat): Errno;
  readlink(name: string): string | Errno;
  mkdir(name: string): Errno;
  rmdir(name: string): Errno;
  unlink(name: string): Errno;
  rename(name: string, to: Directory, toName: string): Errno;
  link(name: string, to: Directory, toName: string): Errno;
  symlink(target: string, name: string): Errno;
  /** Times of a child, not following a link; `undefined` leaves one as it is. */
  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno;

  /** All children now, "." and ".." left out, in a stable order. */
  list(): DirectoryEntry[] | Errno;
  stat(out: Stat): Errno;
  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno;
  sync(): Errno;
  /** A second handle on the same directory, closed on its own. */
  duplicate(): Directory | Errno;
  /** Releases what the handle holds; in-memory directories hold nothing. */
  close(): void;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly ino: bigint;
  readonly type: FileType;
}

export function isErrno(answer: unknown): answer is Errno {
  return typeof answer === "number";
}

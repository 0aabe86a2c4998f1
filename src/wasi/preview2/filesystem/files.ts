/**
 * What a guest may do with a descriptor, for both forms of the interface: numbers, or -errno.
 *
 * A directory below a preopen may be changed as the preopen may, whether or not it was opened with
 * `mutate-directory`: what a guest may do is what it was granted, and programs that come from preview 1
 * do not ask for it.
 */
import { EBADF, EINVAL, EMFILE, ENOTDIR, EOVERFLOW, EFBIG, type Errno } from "../../../fs/errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  OPEN_READ,
  OPEN_WRITE,
  type Stat,
} from "../../../fs/node.js";
import { statPath } from "../../../fs/path-calls.js";
import { USED_CLOCK } from "../../../fs/policy-board.js";
import { Location } from "../../../fs/resolve.js";
import { MAX_OFFSET, toPosition } from "../../file-offset.js";
import { pathBelow } from "../../guest-path.js";
import {
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  openedFlags,
  openGuestPath,
} from "../../open-guest-path.js";
import { fromDatetime } from "../clocks/datetime.js";
import type { Process } from "../process.js";
import { DirectoryStreamResource } from "./directory-stream.js";
import {
  FLAG_FILE_SYNC,
  FLAG_DATA_SYNC,
  FLAG_MUTATE_DIRECTORY,
  FLAG_READ,
  FLAG_READ_SYNC,
  FLAG_WRITE,
  type Opened,
  OpenedDirectory,
  OpenedFile,
} from "./opened.js";

const FLAGS_KEPT = FLAG_FILE_SYNC | FLAG_DATA_SYNC | FLAG_READ_SYNC;

export function flagsOf(opened: Opened): number {
  return opened.isFile ? opened.flags : FLAG_READ | FLAG_MUTATE_DIRECTORY;
}

export function typeOfOpened(opened: Opened): number {
  return opened.isFile ? FILETYPE_REGULAR_FILE : FILETYPE_DIRECTORY;
}

export function statOpened(process: Process, opened: Opened, out: Stat): Errno {
  const answer = opened.isFile ? opened.file.stat(out) : opened.location.directory.stat(out);
  if (answer === 0) process.hideNewer(out);
  return answer;
}

export function syncOpened(opened: Opened, dataOnly: boolean): Errno {
  return opened.isFile ? opened.file.sync(dataOnly) : opened.location.directory.sync();
}

export function setSize(opened: Opened, size: bigint): Errno {
  if (!opened.isFile) return -EBADF;
  const bytes = toPosition(size);
  // ftruncate's answer for a file that is not open for writing, and for a size past 2^63.
  if (!opened.writable || bytes < 0) return -EINVAL;
  return size > MAX_OFFSET ? -EFBIG : opened.file.truncate(bytes);
}

/** Numbers of `advice`'s cases. */
const ADVICE_CASES = 6;

export function advise(opened: Opened, length: bigint, advice: number): Errno {
  if (!opened.isFile) return -EBADF;
  return BigInt.asIntN(64, length) < 0n || advice >= ADVICE_CASES ? -EINVAL : 0;
}

/** A file to read from: -EBADF if it is none, or not open for that. */
export function readableFile(opened: Opened): OpenedFile | Errno {
  return opened.isFile && opened.readable ? opened : -EBADF;
}

export function writableFile(opened: Opened): OpenedFile | Errno {
  return opened.isFile && opened.writable ? opened : -EBADF;
}

/** Numbers of `new-timestamp`'s cases. */
export const TIME_NO_CHANGE = 0;
export const TIME_NOW = 1;
export const TIME_GIVEN = 2;

/** A `new-timestamp`, flat. */
export interface NewTime {
  readonly kind: number;
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** Both times of a `set-times` call; `undefined` leaves one as it is. */
export interface NewTimes {
  atime: bigint | undefined;
  mtime: bigint | undefined;
}

/** Both of "now" are the same moment. -EOVERFLOW for a time that cannot be counted in ns. */
export function readTimes(
  process: Process,
  access: NewTime,
  modification: NewTime,
): NewTimes | Errno {
  const wantsNow = access.kind === TIME_NOW || modification.kind === TIME_NOW;
  if (wantsNow) process.use(USED_CLOCK);
  const now = wantsNow ? process.context.clock.realtime() : 0n;
  const atime = choose(access, now);
  const mtime = choose(modification, now);
  return atime === -EOVERFLOW || mtime === -EOVERFLOW
    ? -EOVERFLOW
    : { atime: toTime(atime), mtime: toTime(mtime) };
}

function choose({ kind, seconds, nanoseconds }: NewTime, now: bigint): bigint | Errno | undefined {
  if (kind === TIME_NO_CHANGE) return undefined;
  return kind === TIME_NOW ? now : (fromDatetime(seconds, nanoseconds) ?? -EOVERFLOW);
}

function toTime(time: bigint | Errno | undefined): bigint | undefined {
  return typeof time === "bigint" ? time : undefined;
}

export function setTimes(opened: Opened, { atime, mtime }: NewTimes): Errno {
  return opened.isFile
    ? opened.file.setTimes(atime, mtime)
    : opened.location.directory.setTimes(atime, mtime);
}

export function statAt(
  process: Process,
  opened: Opened,
  path: string,
  follow: boolean,
  out: Stat,
  call: string,
): Errno {
  if (opened.isFile) return -ENOTDIR;
  const answer = statPath(opened.location, path, follow, out);
  if (answer < 0) return 0 - process.answerPath(call, answer, opened.path, path);
  process.hideNewer(out);
  return 0;
}

/** Opens a file or directory: what is to be held, or -errno. */
export function openAt(
  process: Process,
  opened: Opened,
  path: string,
  follow: boolean,
  oflags: number,
  flags: number,
): Opened | Errno {
  if (opened.isFile) return -ENOTDIR;
  if ((oflags & OFLAG_DIRECTORY) !== 0 && (oflags & (OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC)) !== 0)
    return -EINVAL;
  if (!process.mayOpen) return -EMFILE;
  const found = openGuestPath(opened.location, path, follow, {
    oflags,
    read: (flags & FLAG_READ) !== 0,
    write: (flags & FLAG_WRITE) !== 0,
    append: false,
  });
  if (typeof found === "number") return 0 - process.answerPath("open-at", found, opened.path, path);
  if (found instanceof Location)
    return new OpenedDirectory(process, found, pathBelow(opened.path, path));
  let kept = flags & FLAGS_KEPT;
  if ((openedFlags & OPEN_READ) !== 0) kept |= FLAG_READ;
  if ((openedFlags & OPEN_WRITE) !== 0) kept |= FLAG_WRITE;
  return new OpenedFile(process, found, kept);
}

/** The list of a directory's entries, to be read one by one, or -errno. */
export function openDirectoryStream(
  process: Process,
  opened: Opened,
): DirectoryStreamResource | Errno {
  if (opened.isFile) return -ENOTDIR;
  const stream = new DirectoryStreamResource(opened);
  const answer = stream.open(process);
  if (answer === 0) return stream;
  stream.release();
  return answer;
}

export function isSameObject(process: Process, one: Opened, other: Opened): boolean {
  if (one === other) return true;
  const [first, second] = [emptyStat(), emptyStat()];
  if (statOpened(process, one, first) < 0 || statOpened(process, other, second) < 0) return false;
  return first.dev === second.dev && first.ino === second.ino;
}

const MIX_DEVICE = 0x9e37_79b9_7f4a_7c15n;
const MIX_UPPER = 0xc2b2_ae3d_27d4_eb4fn;

/**
 * A file's identity, in two words: the lower one serves preview 1 programs as the inode's number, so it stays
 * the same while a file is changed.
 */
export function identityOf({ dev, ino }: Stat): [bigint, bigint] {
  const lower = BigInt.asUintN(64, ino ^ (dev * MIX_DEVICE));
  return [lower, BigInt.asUintN(64, lower * MIX_UPPER)];
}

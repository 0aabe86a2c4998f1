/** Functions about the file or directory that a descriptor stands for. */
import { EBADF, EFAULT, EFBIG, EINVAL, ENOTSUP, type Errno } from "../../fs/errno.js";
import { emptyStat, FILETYPE_UNKNOWN } from "../../fs/node.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE } from "./descriptor.js";
import { type FilestatLayout, type NewTimes, PREVIEW1_FILESTAT, readTimes } from "./filestat.js";
import { MAX_OFFSET } from "../file-offset.js";

/** The last value of witx `$advice`. */
const ADVICE_NOREUSE = 5;

/** Stdio is neither a file nor a terminal: attributes of nothing. */
const STREAM_STAT = { ...emptyStat(), type: FILETYPE_UNKNOWN };

export function fdFileFunctions(caller: Caller, layout: FilestatLayout = PREVIEW1_FILESTAT) {
  const { memory, stat } = caller;
  const times: NewTimes = { atime: undefined, mtime: undefined };

  const sync = (fd: number, dataOnly: boolean): number => {
    const open = caller.enter().descriptors.get(fd >>> 0);
    return open?.kind === KIND_FILE ? 0 - open.file.sync(dataOnly) : EBADF;
  };

  return {
    fd_advise(fd: number, _offset: bigint, length: bigint, advice: number): number {
      const { descriptors } = caller.enter();
      if (advice >>> 0 > ADVICE_NOREUSE) return EINVAL;
      if (descriptors.get(fd >>> 0)?.kind !== KIND_FILE) return EBADF;
      return length < 0n ? EINVAL : 0;
    },

    /** Not supported, as in the reference runtime: a file grows by `fd_filestat_set_size` or writing. */
    fd_allocate(fd: number, _offset: bigint, _length: bigint): number {
      const open = caller.enter().descriptors.get(fd >>> 0);
      return open?.kind === KIND_FILE ? ENOTSUP : EBADF;
    },

    fd_datasync(fd: number): number {
      return sync(fd, true);
    },

    fd_sync(fd: number): number {
      return sync(fd, false);
    },

    fd_filestat_get(fd: number, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      const address = out >>> 0;
      if (!memory.holds(address, layout.bytes)) return EFAULT;
      let answer: Errno;
      if (open.kind === KIND_FILE) {
        answer = open.file.stat(stat);
      } else if (open.kind === KIND_DIRECTORY) {
        answer = open.location.directory.stat(stat);
      } else {
        layout.write(memory, address, STREAM_STAT);
        return 0;
      }
      if (answer < 0) return -answer;
      process.hideNewer(stat);
      layout.write(memory, address, stat);
      return 0;
    },

    fd_filestat_set_size(fd: number, size: bigint): number {
      const open = caller.enter().descriptors.get(fd >>> 0);
      if (open?.kind !== KIND_FILE) return EBADF;
      // ftruncate's answer for a file that is not open for writing, and for a size past 2^63.
      if (!open.writable || size < 0n) return EINVAL;
      return size > MAX_OFFSET ? EFBIG : 0 - open.file.truncate(Number(size));
    },

    fd_filestat_set_times(fd: number, atim: bigint, mtim: bigint, flags: number): number {
      const process = caller.enter();
      const problem = readTimes(process, atim, mtim, flags >>> 0, times);
      if (problem !== 0) return problem;
      const open = process.descriptors.get(fd >>> 0);
      if (open?.kind === KIND_FILE) return 0 - open.file.setTimes(times.atime, times.mtime);
      if (open?.kind !== KIND_DIRECTORY) return EBADF;
      return 0 - open.location.directory.setTimes(times.atime, times.mtime);
    },
  };
}

/** Functions on paths, except opening. Each path starts from a directory that the guest holds. */
import { EBADF, EFAULT, EINVAL, EPERM, type Errno } from "../../fs/errno.js";
import {
  linkPath,
  mkdirPath,
  readlinkPath,
  renamePath,
  rmdirPath,
  setTimesPath,
  statPath,
  symlinkPath,
  unlinkPath,
} from "../../fs/path-calls.js";
import type { Location } from "../../fs/resolve.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, type OpenDirectory } from "./descriptor.js";
import { type FilestatLayout, type NewTimes, PREVIEW1_FILESTAT, readTimes } from "./filestat.js";
import { ENCODER, readPath } from "../guest-string.js";
import { leadsOut, pathFrom } from "../guest-path.js";
import { LOOKUP_SYMLINK_FOLLOW } from "./layout.js";
import type { Process } from "./process.js";

export function pathFunctions(caller: Caller, layout: FilestatLayout = PREVIEW1_FILESTAT) {
  const { memory, stat } = caller;
  const times: NewTimes = { atime: undefined, mtime: undefined };

  /** Calls `act` with the directory and the path, or answers what is wrong with them. */
  function onPath(
    call: string,
    fd: number,
    path: number,
    length: number,
    act: (at: Location, path: string) => number,
  ): number {
    const process = caller.enter();
    const at = directory(process, fd);
    if (at === undefined) return EBADF;
    const name = readPath(memory, path >>> 0, length >>> 0);
    if (typeof name === "number") return -name;
    return process.answer(call, act(at.location, name), at, name);
  }

  return {
    path_create_directory(fd: number, path: number, length: number): number {
      return onPath("path_create_directory", fd, path, length, mkdirPath);
    },

    path_remove_directory(fd: number, path: number, length: number): number {
      return onPath("path_remove_directory", fd, path, length, rmdirPath);
    },

    path_unlink_file(fd: number, path: number, length: number): number {
      return onPath("path_unlink_file", fd, path, length, unlinkPath);
    },

    path_filestat_get(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      out: number,
    ): number {
      const process = caller.enter();
      if (lookup >>> 0 > LOOKUP_SYMLINK_FOLLOW) return EINVAL;
      const at = directory(process, fd);
      if (at === undefined) return EBADF;
      const address = out >>> 0;
      if (!memory.holds(address, layout.bytes)) return EFAULT;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      const answer = statPath(at.location, name, lookup === LOOKUP_SYMLINK_FOLLOW, stat);
      if (answer < 0) return process.answer("path_filestat_get", answer, at, name);
      process.hideNewer(stat);
      layout.write(memory, address, stat);
      return 0;
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      atim: bigint,
      mtim: bigint,
      flags: number,
    ): number {
      const process = caller.enter();
      if (lookup >>> 0 > LOOKUP_SYMLINK_FOLLOW) return EINVAL;
      const problem = readTimes(process, atim, mtim, flags >>> 0, times);
      if (problem !== 0) return problem;
      const at = directory(process, fd);
      if (at === undefined) return EBADF;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      const follow = lookup === LOOKUP_SYMLINK_FOLLOW;
      const answer = setTimesPath(at.location, name, follow, times.atime, times.mtime);
      return process.answer("path_filestat_set_times", answer, at, name);
    },

    /** Following a link at the end of the old path is refused, as in the reference runtime. */
    path_link(
      oldFd: number,
      lookup: number,
      oldPath: number,
      oldLength: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number {
      const process = caller.enter();
      if (lookup >>> 0 > LOOKUP_SYMLINK_FOLLOW) return EINVAL;
      const from = directory(process, oldFd);
      const to = directory(process, newFd);
      if (from === undefined || to === undefined) return EBADF;
      const oldName = readPath(memory, oldPath >>> 0, oldLength >>> 0);
      if (typeof oldName === "number") return -oldName;
      const newName = readPath(memory, newPath >>> 0, newLength >>> 0);
      if (typeof newName === "number") return -newName;
      if (lookup === LOOKUP_SYMLINK_FOLLOW) return EINVAL;
      const answer = linkPath(from.location, oldName, false, to.location, newName);
      return answerTwo(process, "path_link", answer, from, oldName, to, newName);
    },

    path_rename(
      oldFd: number,
      oldPath: number,
      oldLength: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number {
      const process = caller.enter();
      const from = directory(process, oldFd);
      const to = directory(process, newFd);
      if (from === undefined || to === undefined) return EBADF;
      const oldName = readPath(memory, oldPath >>> 0, oldLength >>> 0);
      if (typeof oldName === "number") return -oldName;
      const newName = readPath(memory, newPath >>> 0, newLength >>> 0);
      if (typeof newName === "number") return -newName;
      const answer = renamePath(from.location, oldName, to.location, newName);
      return answerTwo(process, "path_rename", answer, from, oldName, to, newName);
    },

    path_symlink(
      target: number,
      targetLength: number,
      fd: number,
      path: number,
      length: number,
    ): number {
      const process = caller.enter();
      const at = directory(process, fd);
      if (at === undefined) return EBADF;
      const contents = readPath(memory, target >>> 0, targetLength >>> 0);
      if (typeof contents === "number") return -contents;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      // An absolute target would mean the host's root to whoever else reads the directory.
      if (contents.startsWith("/"))
        return process.deny("fs", "path_symlink", EPERM, pathFrom(at.path, name));
      return process.answer("path_symlink", symlinkPath(contents, at.location, name), at, name);
    },

    /** A target longer than the buffer is cut, without a word, as `readlink` does. */
    path_readlink(
      fd: number,
      path: number,
      length: number,
      buffer: number,
      size: number,
      out: number,
    ): number {
      const process = caller.enter();
      const at = directory(process, fd);
      if (at === undefined) return EBADF;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      if (!memory.holds(buffer >>> 0, size >>> 0) || !memory.holds(out >>> 0, 4)) return EFAULT;
      const target = readlinkPath(at.location, name);
      if (typeof target === "number") return process.answer("path_readlink", target, at, name);
      const encoded = ENCODER.encode(target);
      const used = Math.min(encoded.length, size >>> 0);
      memory.bytes.set(encoded.subarray(0, used), buffer >>> 0);
      memory.view.setUint32(out >>> 0, used, true);
      return 0;
    },
  };
}

function directory(process: Process, fd: number): OpenDirectory | undefined {
  const open = process.descriptors.get(fd >>> 0);
  return open?.kind === KIND_DIRECTORY ? open : undefined;
}

/** As `process.answer`, of a call with two paths: which of them has led out is seen by its text. */
function answerTwo(
  process: Process,
  call: string,
  answer: Errno,
  from: OpenDirectory,
  oldName: string,
  to: OpenDirectory,
  newName: string,
): number {
  if (answer === 0) return 0;
  return leadsOut(newName) && !leadsOut(oldName)
    ? process.answer(call, answer, to, newName)
    : process.answer(call, answer, from, oldName);
}

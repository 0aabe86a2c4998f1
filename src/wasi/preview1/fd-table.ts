/** Functions about descriptors as such: closing, renumbering, flags, rights, preopens. */
import { EBADF, EFAULT, EINVAL, ENAMETOOLONG, ENOTDIR, ENOTSUP } from "../../fs/errno.js";
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, FILETYPE_UNKNOWN } from "../../fs/node.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE, KIND_INPUT, type Descriptor } from "./descriptor.js";
import type { GuestMemory } from "../guest-memory.js";
import {
  FDFLAGS_ALL,
  FDFLAGS_SYNC,
  FDSTAT_BYTES,
  PRESTAT_BYTES,
  RIGHTS_ALL,
  RIGHTS_DIRECTORY,
  RIGHTS_INHERITING,
  RIGHTS_OF_FILES,
  RIGHT_FD_READ,
  RIGHT_FD_READDIR,
  RIGHT_FD_WRITE,
} from "./layout.js";

export function fdTableFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    fd_close(fd: number): number {
      const open = caller.enter().descriptors.take(fd >>> 0);
      return open === undefined ? EBADF : 0 - open.close();
    },

    /** Both must be open; the target's file is closed. */
    fd_renumber(from: number, to: number): number {
      const { descriptors } = caller.enter();
      const source = from >>> 0;
      const target = to >>> 0;
      const moved = descriptors.get(source);
      const replaced = descriptors.get(target);
      if (moved === undefined || replaced === undefined) return EBADF;
      if (source === target) return 0;
      descriptors.take(source);
      descriptors.replace(target, moved);
      replaced.close();
      return 0;
    },

    fd_fdstat_get(fd: number, out: number): number {
      const open = caller.enter().descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      const address = out >>> 0;
      if (!memory.holds(address, FDSTAT_BYTES)) return EFAULT;
      writeFdstat(memory, address, open);
      return 0;
    },

    /** Append and non-blocking mode can change; the synchronous modes are fixed when a file is opened. */
    fd_fdstat_set_flags(fd: number, flags: number): number {
      const { descriptors } = caller.enter();
      const wanted = flags >>> 0;
      if (wanted > FDFLAGS_ALL) return EINVAL;
      const open = descriptors.get(fd >>> 0);
      if (open === undefined || open.kind !== KIND_FILE) return EBADF;
      const fixed = open.flags & FDFLAGS_SYNC;
      if ((wanted & FDFLAGS_SYNC & ~fixed) !== 0) return EINVAL;
      open.flags = (wanted & ~FDFLAGS_SYNC) | fixed;
      return 0;
    },

    /**
     * Rights are reported, never enforced, and so cannot be set, as in reference runtimes: what a guest
     * may do is what it was granted.
     */
    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): number {
      const { descriptors } = caller.enter();
      if (!knownRights(base) || !knownRights(inheriting)) return EINVAL;
      const open = descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      return open.kind === KIND_FILE || open.kind === KIND_DIRECTORY ? ENOTSUP : EBADF;
    },

    fd_prestat_get(fd: number, out: number): number {
      const open = caller.enter().descriptors.get(fd >>> 0);
      if (open?.kind !== KIND_DIRECTORY || open.preopen === undefined) return EBADF;
      const address = out >>> 0;
      if (!memory.holds(address, PRESTAT_BYTES)) return EFAULT;
      memory.view.setUint32(address, 0, true);
      memory.view.setUint32(address + 4, open.preopen.length, true);
      return 0;
    },

    fd_prestat_dir_name(fd: number, path: number, length: number): number {
      const open = caller.enter().descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      if (open.kind !== KIND_DIRECTORY || open.preopen === undefined) return ENOTDIR;
      if (open.preopen.length > length >>> 0) return ENAMETOOLONG;
      const address = path >>> 0;
      if (!memory.holds(address, open.preopen.length)) return EFAULT;
      memory.bytes.set(open.preopen, address);
      return 0;
    },
  };
}

export function knownRights(rights: bigint): boolean {
  return rights >= 0n && rights <= RIGHTS_ALL;
}

function writeFdstat(memory: GuestMemory, address: number, open: Descriptor): void {
  let type = FILETYPE_UNKNOWN;
  let flags = 0;
  let base: number;
  let inheriting: number;
  if (open.kind === KIND_FILE) {
    type = FILETYPE_REGULAR_FILE;
    ({ flags } = open);
    base = RIGHTS_ALL;
    if (!open.readable) base &= ~(RIGHT_FD_READ | RIGHT_FD_READDIR);
    if (!open.writable) base &= ~RIGHT_FD_WRITE;
    inheriting = base;
  } else if (open.kind === KIND_DIRECTORY) {
    type = FILETYPE_DIRECTORY;
    base = open.preopen === undefined ? RIGHTS_ALL & ~RIGHTS_OF_FILES : RIGHTS_DIRECTORY;
    inheriting = open.preopen === undefined ? RIGHTS_ALL : RIGHTS_INHERITING;
  } else {
    base = open.kind === KIND_INPUT ? RIGHT_FD_READ : RIGHT_FD_WRITE;
    inheriting = base;
  }
  const { view } = memory;
  view.setUint8(address, type);
  view.setUint8(address + 1, 0);
  view.setUint16(address + 2, flags, true);
  view.setUint32(address + 4, 0, true);
  memory.setU64(address + 8, base);
  memory.setU64(address + 16, inheriting);
}

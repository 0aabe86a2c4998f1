import { EBADF, EFAULT, EINVAL, ENOTDIR } from "../../fs/errno.js";
import { OPEN_READ, OPEN_WRITE } from "../../fs/node.js";
import { Location } from "../../fs/resolve.js";
import { pathBelow } from "../guest-path.js";
import { readPath } from "../guest-string.js";
import { OFLAG_DIRECTORY, OFLAGS_ALL, openedFlags, openGuestPath } from "../open-guest-path.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE, OpenDirectory, OpenFile } from "./descriptor.js";
import { knownRights } from "./fd-table.js";
import {
  FDFLAG_APPEND,
  FDFLAGS_ALL,
  LOOKUP_SYMLINK_FOLLOW,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
} from "./layout.js";

export function pathOpenFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    path_open(
      dirfd: number,
      lookup: number,
      path: number,
      length: number,
      oflags: number,
      base: bigint,
      inheriting: bigint,
      fdflags: number,
      out: number,
    ): number {
      const process = caller.enter();
      const { descriptors } = process;
      if (lookup >>> 0 > LOOKUP_SYMLINK_FOLLOW || oflags >>> 0 > OFLAGS_ALL) return EINVAL;
      if (fdflags >>> 0 > FDFLAGS_ALL) return EINVAL;
      if (!knownRights(base) || !knownRights(inheriting)) return EINVAL;
      const address = out >>> 0;
      if (!memory.holds(address, 4)) return EFAULT;
      const at = descriptors.get(dirfd >>> 0);
      if (at?.kind !== KIND_DIRECTORY) return at?.kind === KIND_FILE ? ENOTDIR : EBADF;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      if ((oflags & OFLAG_DIRECTORY) !== 0 && oflags !== OFLAG_DIRECTORY) return EINVAL;
      const full = descriptors.next();
      if (full < 0) return -full;

      const rights = Number(base);
      const opened = openGuestPath(at.location, name, lookup === LOOKUP_SYMLINK_FOLLOW, {
        oflags,
        read: (rights & RIGHT_FD_READ) !== 0,
        write: (rights & RIGHT_FD_WRITE) !== 0,
        append: (fdflags & FDFLAG_APPEND) !== 0,
      });
      if (typeof opened === "number") return process.answer("path_open", opened, at, name);
      const descriptor =
        opened instanceof Location
          ? new OpenDirectory(opened, undefined, pathBelow(at.path, name))
          : new OpenFile(
              opened,
              (openedFlags & OPEN_READ) !== 0,
              (openedFlags & OPEN_WRITE) !== 0,
              fdflags,
            );
      memory.view.setUint32(address, descriptors.add(descriptor), true);
      return 0;
    },
  };
}

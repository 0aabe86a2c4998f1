import { EBADF, EFAULT, EINVAL, ESPIPE } from "../../fs/errno.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE, type Descriptor } from "./descriptor.js";
import { MAX_OFFSET } from "../file-offset.js";

/** POSIX's largest offset; far beyond any file. */
const MAX_SEEK = 2n ** 63n - 1n;

const FROM_START = 0;
const FROM_POSITION = 1;
const FROM_END = 2;

/** What each value of whence counts from. */
const PREVIEW1_WHENCE: readonly number[] = [FROM_START, FROM_POSITION, FROM_END];
export const UNSTABLE_WHENCE: readonly number[] = [FROM_POSITION, FROM_END, FROM_START];

function notSeekable(open: Descriptor | undefined): number {
  return open === undefined || open.kind === KIND_DIRECTORY ? EBADF : ESPIPE;
}

export function fdPositionFunctions(caller: Caller, whences = PREVIEW1_WHENCE) {
  const { memory } = caller;
  return {
    fd_seek(fd: number, offset: bigint, whence: number, out: number): number {
      const process = caller.enter();
      const origin = whences[whence >>> 0];
      if (origin === undefined) return EINVAL;
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined || open.kind !== KIND_FILE) return notSeekable(open);
      const address = out >>> 0;
      if (!memory.holds(address, 8)) return EFAULT;
      let from = 0n;
      if (origin === FROM_POSITION) {
        from = open.beyond ?? BigInt(open.position);
      } else if (origin === FROM_END) {
        const size = open.file.size();
        if (size < 0) return -size;
        from = BigInt(size);
      }
      const position = from + offset;
      if (position < 0n || position > MAX_SEEK) return EINVAL;
      const far = position > MAX_OFFSET;
      open.beyond = far ? position : undefined;
      open.position = far ? MAX_OFFSET : Number(position);
      memory.view.setBigUint64(address, position, true);
      return 0;
    },

    fd_tell(fd: number, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined || open.kind !== KIND_FILE) return notSeekable(open);
      const address = out >>> 0;
      if (!memory.holds(address, 8)) return EFAULT;
      memory.view.setBigUint64(address, open.beyond ?? BigInt(open.position), true);
      return 0;
    },
  };
}

import { EBADF, EFAULT, EINVAL, ESPIPE } from "../../fs/errno.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE, type Descriptor } from "./descriptor.js";
import { MAX_OFFSET } from "./layout.js";

/** Whence as wasi_snapshot_preview1 numbers it. */
const SEEK_SET = 0;
const SEEK_CUR = 1;
const SEEK_END = 2;

/** Whence of wasi_unstable: 0 is "from the current position", 1 "from the end", 2 "from the start". */
const UNSTABLE_WHENCE: readonly number[] = [SEEK_CUR, SEEK_END, SEEK_SET];

function notSeekable(open: Descriptor | undefined): number {
  return open === undefined || open.kind === KIND_DIRECTORY ? EBADF : ESPIPE;
}

export function fdPositionFunctions(caller: Caller) {
  const { memory } = caller;

  function fd_seek(fd: number, offset: bigint, whence: number, out: number): number {
    const process = caller.enter();
    if (whence >>> 0 > SEEK_END) return EINVAL;
    const open = process.descriptors.get(fd >>> 0);
    if (open === undefined || open.kind !== KIND_FILE) return notSeekable(open);
    const address = out >>> 0;
    if (!memory.holds(address, 8)) return EFAULT;
    let from = 0;
    if (whence === SEEK_CUR) from = open.position;
    else if (whence === SEEK_END) from = open.file.size();
    if (from < 0) return -from;
    const position = BigInt(from) + offset;
    if (position < 0n || position > MAX_OFFSET) return EINVAL;
    open.position = Number(position);
    memory.setU64(address, open.position);
    return 0;
  }

  return {
    fd_seek,
    fd_tell(fd: number, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined || open.kind !== KIND_FILE) return notSeekable(open);
      const address = out >>> 0;
      if (!memory.holds(address, 8)) return EFAULT;
      memory.setU64(address, open.position);
      return 0;
    },
    /** `fd_seek` of wasi_unstable. */
    unstable_fd_seek(fd: number, offset: bigint, whence: number, out: number): number {
      return fd_seek(fd, offset, UNSTABLE_WHENCE[whence >>> 0] ?? -1, out);
    },
  };
}

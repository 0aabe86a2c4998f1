/** Reading and writing: straight between the guest's memory and a file or stream, no copy between. */
import { EBADF, ESPIPE } from "../../fs/errno.js";
import { USED_STDIN, USED_STDOUT } from "../../fs/policy-board.js";
import type { Caller } from "./caller.js";
import { KIND_FILE, KIND_INPUT, KIND_OUTPUT, type OpenOutput } from "./descriptor.js";
import { toPosition } from "../file-offset.js";
import { FDFLAG_APPEND } from "./layout.js";
import { readFile, readStream } from "./read-vectors.js";
import { writeFile, writeStream } from "./write-vectors.js";

export function fdIoFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    fd_read(fd: number, list: number, count: number, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined) return process.missing("fd_read", fd >>> 0);
      let done: number;
      if (open.kind === KIND_FILE) {
        done = readFile(memory, open, list >>> 0, count >>> 0, out >>> 0, open.position);
        if (done < 0) return -done;
        open.position += done;
      } else if (open.kind === KIND_INPUT) {
        process.use(USED_STDIN);
        done = readStream(memory, open.stream, list >>> 0, count >>> 0, out >>> 0);
        if (done === -EBADF) return process.deny("stdio", "fd_read", EBADF, "stdin");
        if (done < 0) return -done;
      } else {
        return EBADF;
      }
      process.usage.readBytes += done;
      memory.view.setUint32(out >>> 0, done, true);
      return 0;
    },

    fd_pread(fd: number, list: number, count: number, offset: bigint, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      if (open.kind !== KIND_FILE) return open.kind === KIND_INPUT ? ESPIPE : EBADF;
      const position = toPosition(offset);
      if (position < 0) return -position;
      const done = readFile(memory, open, list >>> 0, count >>> 0, out >>> 0, position);
      if (done < 0) return -done;
      process.usage.readBytes += done;
      memory.view.setUint32(out >>> 0, done, true);
      return 0;
    },

    fd_write(fd: number, list: number, count: number, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined) return process.missing("fd_write", fd >>> 0);
      let done: number;
      if (open.kind === KIND_FILE) {
        done = writeFile(memory, open, list >>> 0, count >>> 0, out >>> 0, open.position);
        if (done < 0) return -done;
        if ((open.flags & FDFLAG_APPEND) === 0) {
          open.position += done;
        } else {
          open.position = Math.max(0, open.file.size());
          open.beyond = undefined;
        }
      } else if (open.kind === KIND_OUTPUT) {
        process.use(open.use);
        done = writeStream(memory, open.stream, list >>> 0, count >>> 0, out >>> 0);
        if (done === -EBADF) return process.deny("stdio", "fd_write", EBADF, streamName(open));
        if (done < 0) return -done;
      } else {
        return EBADF;
      }
      process.usage.writtenBytes += done;
      memory.view.setUint32(out >>> 0, done, true);
      return 0;
    },

    fd_pwrite(fd: number, list: number, count: number, offset: bigint, out: number): number {
      const process = caller.enter();
      const open = process.descriptors.get(fd >>> 0);
      if (open === undefined) return EBADF;
      if (open.kind !== KIND_FILE) return open.kind === KIND_OUTPUT ? ESPIPE : EBADF;
      const position = toPosition(offset);
      if (position < 0) return -position;
      const done = writeFile(memory, open, list >>> 0, count >>> 0, out >>> 0, position);
      if (done < 0) return -done;
      process.usage.writtenBytes += done;
      memory.view.setUint32(out >>> 0, done, true);
      return 0;
    },
  };
}

/** The stream was taken back while the guest waited for room in it. */
function streamName({ use }: OpenOutput): string {
  return use === USED_STDOUT ? "stdout" : "stderr";
}

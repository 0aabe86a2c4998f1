/** Reading and writing: straight between the guest's memory and a file or stream, no copy between. */
import { EBADF, EFAULT, EFBIG, EINVAL, ESPIPE } from "../../fs/errno.js";
import type { File } from "../../fs/node.js";
import { USED_STDIN, USED_STDOUT } from "../../fs/policy-board.js";
import type { InputStream, OutputStream } from "../stdio.js";
import type { Caller } from "./caller.js";
import {
  KIND_FILE,
  KIND_INPUT,
  KIND_OUTPUT,
  type OpenFile,
  type OpenOutput,
} from "./descriptor.js";
import type { GuestMemory } from "./guest-memory.js";
import { FDFLAG_APPEND, FDFLAGS_SYNC, FDFLAG_SYNC, IOVEC_BYTES, MAX_OFFSET } from "./layout.js";
import { checkVectors, copyVectors } from "./vectors.js";

/** One call moves no more, as on Linux; the host's own calls take no larger number. */
const MAX_TRANSFER_BYTES = 0x7fff_f000;

/** One call of the host: a guest cannot be ended in the middle of it, and 8 MiB take some 2 ms. */
const MAX_STEP_BYTES = 2 ** 23;

/** A u64 offset, which wasm hands over as a signed number: past 2^63 it is no offset. */
function toPosition(offset: bigint): number {
  if (offset < 0n) return -EINVAL;
  const position = Number(offset);
  return position <= MAX_OFFSET ? position : MAX_OFFSET;
}

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

/** Bytes read, or -errno when nothing was. */
function readFile(
  memory: GuestMemory,
  open: OpenFile,
  list: number,
  count: number,
  out: number,
  position: number,
): number {
  if (!open.readable) return -EBADF;
  const total = checkVectors(memory, list, count);
  if (total < 0) return total;
  if (!memory.holds(out, 4)) return -EFAULT;
  const { bytes } = memory;
  const copied = count > 1;
  const view = copied ? copyVectors(memory, list, count) : memory.view;
  const start = copied ? 0 : list;
  let done = 0;
  for (let at = start, end = start + count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = Math.min(view.getUint32(at + 4, true), MAX_TRANSFER_BYTES - done);
    if (length === 0) continue;
    const read = readSteps(open.file, bytes, view.getUint32(at, true), length, position + done);
    if (read < 0) return done > 0 ? done : read;
    done += read;
    if (read < length) break;
  }
  return done;
}

function readSteps(
  file: File,
  bytes: Uint8Array,
  address: number,
  length: number,
  position: number,
): number {
  if (length <= MAX_STEP_BYTES) return file.read(bytes, address, length, position);
  let done = 0;
  while (done < length) {
    const step = Math.min(length - done, MAX_STEP_BYTES);
    const read = file.read(bytes, address + done, step, position + done);
    if (read < 0) return done > 0 ? done : read;
    done += read;
    if (read < step) break;
  }
  return done;
}

/** Waits for the first byte only; further buffers take what is there already. */
function readStream(
  memory: GuestMemory,
  stream: InputStream,
  list: number,
  count: number,
  out: number,
): number {
  const total = checkVectors(memory, list, count);
  if (total < 0) return total;
  if (!memory.holds(out, 4)) return -EFAULT;
  const { bytes } = memory;
  const copied = count > 1;
  const view = copied ? copyVectors(memory, list, count) : memory.view;
  const start = copied ? 0 : list;
  let done = 0;
  for (let at = start, end = start + count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = Math.min(view.getUint32(at + 4, true), MAX_TRANSFER_BYTES - done);
    if (length === 0) continue;
    if (done > 0 && stream.available() === 0) break;
    const read = stream.read(bytes, view.getUint32(at, true), length);
    if (read < 0) return done > 0 ? done : read;
    done += read;
    if (read < length) break;
  }
  return done;
}

/** Bytes written, or -errno when nothing was. A file in append mode ignores `position`, as Linux does. */
function writeFile(
  memory: GuestMemory,
  open: OpenFile,
  list: number,
  count: number,
  out: number,
  position: number,
): number {
  if (!open.writable) return -EBADF;
  const total = checkVectors(memory, list, count);
  if (total < 0) return total;
  if (!memory.holds(out, 4)) return -EFAULT;
  const { bytes, view } = memory;
  const { file } = open;
  const append = (open.flags & FDFLAG_APPEND) !== 0;
  if (!append && total > 0 && position + total > MAX_OFFSET) return -EFBIG;
  let done = 0;
  for (let at = list, end = list + count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = Math.min(view.getUint32(at + 4, true), MAX_TRANSFER_BYTES - done);
    if (length === 0) continue;
    const address = view.getUint32(at, true);
    const to = append ? APPEND : position + done;
    const written = writeSteps(file, bytes, address, length, to);
    if (written < 0) return done > 0 ? done : written;
    done += written;
    if (written < length) break;
  }
  return done > 0 && (open.flags & FDFLAGS_SYNC) !== 0 ? synced(open, done) : done;
}

/** In place of a position: at the end of the file. */
const APPEND = -1;

function writeSteps(
  file: File,
  bytes: Uint8Array,
  address: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const step = Math.min(length - done, MAX_STEP_BYTES);
    const written =
      position === APPEND
        ? file.append(bytes, address + done, step)
        : file.write(bytes, address + done, step, position + done);
    if (written < 0) return done > 0 ? done : written;
    done += written;
    if (written < step) break;
  }
  return done;
}

/** A descriptor opened for synchronous writing has its bytes on the disk before the call answers. */
function synced(open: OpenFile, done: number): number {
  const answer = open.file.sync((open.flags & FDFLAG_SYNC) === 0);
  return answer < 0 ? answer : done;
}

function writeStream(
  memory: GuestMemory,
  stream: OutputStream,
  list: number,
  count: number,
  out: number,
): number {
  const total = checkVectors(memory, list, count);
  if (total < 0) return total;
  if (!memory.holds(out, 4)) return -EFAULT;
  const { bytes, view } = memory;
  let done = 0;
  for (let at = list, end = list + count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = Math.min(view.getUint32(at + 4, true), MAX_TRANSFER_BYTES - done);
    if (length === 0) continue;
    const written = stream.write(bytes, view.getUint32(at, true), length);
    if (written < 0) return done > 0 ? done : written;
    done += written;
    if (written < length) break;
  }
  return done;
}

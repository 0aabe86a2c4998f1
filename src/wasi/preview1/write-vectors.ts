/** Writing from the buffers of a guest. */
import { EBADF, EFAULT, EFBIG } from "../../fs/errno.js";
import type { OutputStream } from "../stdio.js";
import type { OpenFile } from "./descriptor.js";
import type { GuestMemory } from "../guest-memory.js";
import { MAX_OFFSET } from "../file-offset.js";
import { APPEND, MAX_TRANSFER_BYTES, writeSteps } from "../transfer.js";
import { FDFLAG_APPEND, FDFLAGS_SYNC, FDFLAG_SYNC, IOVEC_BYTES } from "./layout.js";
import { checkVectors } from "./vectors.js";

/** Bytes written, or -errno when nothing was. A file in append mode ignores `position`, as Linux does. */
export function writeFile(
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

/** A descriptor opened for synchronous writing has its bytes on the disk before the call answers. */
function synced(open: OpenFile, done: number): number {
  const answer = open.file.sync((open.flags & FDFLAG_SYNC) === 0);
  return answer < 0 ? answer : done;
}

export function writeStream(
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

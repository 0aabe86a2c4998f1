/** Reading into the buffers of a guest. */
import { EBADF, EFAULT } from "../../fs/errno.js";
import type { InputStream } from "../stdio.js";
import type { OpenFile } from "./descriptor.js";
import type { GuestMemory } from "../guest-memory.js";
import { IOVEC_BYTES } from "./layout.js";
import { MAX_STEP_BYTES, MAX_TRANSFER_BYTES, readSteps } from "../transfer.js";
import { checkVectors, copyVectors } from "./vectors.js";

/**
 * Bytes read, or -errno when nothing was. Nearly all lists have one buffer, and many reads are of a few bytes:
 * this is the way of those, short enough that V8 makes one piece of it, from the guest's call to the host's.
 */
export function readFile(
  memory: GuestMemory,
  open: OpenFile,
  list: number,
  count: number,
  out: number,
  position: number,
): number {
  if (count !== 1) return readMany(memory, open, list, count, out, position);
  if (!open.readable) return -EBADF;
  if (!memory.holds(list, IOVEC_BYTES) || !memory.holds(out, 4)) return -EFAULT;
  const address = memory.view.getUint32(list, true);
  const length = memory.view.getUint32(list + 4, true);
  if (!memory.holds(address, length)) return -EFAULT;
  if (length > MAX_STEP_BYTES || length === 0)
    return readSteps(
      open.file,
      memory.bytes,
      address,
      Math.min(length, MAX_TRANSFER_BYTES),
      position,
    );
  return open.file.read(memory.bytes, address, length, position);
}

function readMany(
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
  const view = copyVectors(memory, list, count);
  let done = 0;
  for (let at = 0, end = count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = Math.min(view.getUint32(at + 4, true), MAX_TRANSFER_BYTES - done);
    if (length === 0) continue;
    const read = readSteps(open.file, bytes, view.getUint32(at, true), length, position + done);
    if (read < 0) return done > 0 ? done : read;
    done += read;
    if (read < length) break;
  }
  return done;
}

/** Waits for the first byte only; further buffers take what is there already. */
export function readStream(
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

/** Scatter/gather lists in a guest's memory. */
import { EFAULT, EINVAL } from "../../fs/errno.js";
import type { GuestMemory } from "../guest-memory.js";
import { IOVEC_BYTES } from "./layout.js";

/** Buffers in one call, as Linux and wasi-libc have it. */
const IOV_MAX = 1024;

const COPY = new Uint8Array(IOV_MAX * IOVEC_BYTES);
const COPY_VIEW = new DataView(COPY.buffer);

/**
 * A list that was checked, from byte 0 of the view: a call that writes to the buffers could write over the
 * list itself, and would find addresses there that nobody has checked.
 */
export function copyVectors(memory: GuestMemory, list: number, count: number): DataView {
  COPY.set(memory.bytes.subarray(list, list + count * IOVEC_BYTES));
  return COPY_VIEW;
}

/**
 * Checks a list and all its buffers before anything is touched: the bytes in all of them, -EFAULT, or
 * -EINVAL for too many buffers or more bytes than the call could say that it has moved.
 */
export function checkVectors(memory: GuestMemory, list: number, count: number): number {
  if (count > IOV_MAX) return -EINVAL;
  if (!memory.holds(list, count * IOVEC_BYTES)) return -EFAULT;
  let total = 0;
  for (let at = list, end = list + count * IOVEC_BYTES; at < end; at += IOVEC_BYTES) {
    const length = memory.view.getUint32(at + 4, true);
    if (!memory.holds(memory.view.getUint32(at, true), length)) return -EFAULT;
    total += length;
  }
  return total > 0xffff_ffff ? -EINVAL : total;
}

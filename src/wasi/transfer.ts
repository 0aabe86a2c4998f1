/** Reading and writing of files in steps, for a guest cannot be ended in the middle of a host call. */
import type { File } from "../fs/node.js";

/** One call moves no more, as on Linux; the host's own calls take no larger number. */
export const MAX_TRANSFER_BYTES = 0x7fff_f000;

/** One call of the host: a guest cannot be ended in the middle of it, and 8 MiB take some 2 ms. */
export const MAX_STEP_BYTES = 2 ** 23;

/** Bytes read, or -errno when nothing was. */
export function readSteps(
  file: File,
  bytes: Uint8Array,
  address: number,
  length: number,
  position: number,
): number {
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

/** In place of a position: at the end of the file. */
export const APPEND = -1;

/** Bytes written, or -errno when nothing was. */
export function writeSteps(
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

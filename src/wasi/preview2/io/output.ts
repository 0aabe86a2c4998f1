import type { Errno } from "../../../fs/errno.js";
import { BLOCKING_WRITE_BYTES } from "../limits.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { type Waitable, waitForAny } from "./waitable.js";

/** What an `output-stream` writes to. */
export abstract class Output extends Resource {
  /** Bytes that the guest was told it may write. */
  permitted = 0;
  /** What there is to wait for when `room` has answered 0. */
  abstract readonly waitable: Waitable;

  /** Bytes that can be written without waiting; 0: none now; CLOSED, or -errno, after which it is closed. */
  abstract room(process: Process): number;

  /** Writes all bytes, no more than there is room for; 0, CLOSED, or -errno, after which it is closed. */
  abstract write(process: Process, src: Uint8Array, at: number, length: number): Errno;

  /** Sees to it that what was written gets on its way. */
  flush(_process: Process): Errno {
    return 0;
  }

  /** Waits until all that was flushed is gone. */
  drain(process: Process): Errno {
    const answer = this.awaitRoom(process);
    return answer < 0 ? answer : 0;
  }

  /** As `room`, after waiting for some. */
  awaitRoom(process: Process): number {
    for (;;) {
      const room = this.room(process);
      if (room !== 0) return room;
      waitForAny(process, [this.waitable]);
    }
  }

  /** Writes and flushes, waiting as long as it takes. */
  writeAll(process: Process, src: Uint8Array, at: number, length: number): Errno {
    for (let done = 0; done < length;) {
      const room = this.awaitRoom(process);
      if (room < 0) return room;
      const count = Math.min(room, length - done);
      const answer = this.write(process, src, at + done, count);
      if (answer < 0) return answer;
      done += count;
    }
    const answer = this.flush(process);
    return answer < 0 ? answer : this.drain(process);
  }

  /** As `writeAll`, of zeros. */
  writeAllZeros(process: Process, length: number): Errno {
    return this.writeAll(process, ZEROS, 0, length);
  }

  /** As `write`, of zeros. */
  writeZeros(process: Process, length: number): Errno {
    let done = 0;
    // Once at least: a closed stream says so to a write of nothing too.
    do {
      const count = Math.min(ZEROS.length, length - done);
      const answer = this.write(process, ZEROS, 0, count);
      if (answer < 0) return answer;
      done += count;
    } while (done < length);
    return 0;
  }
}

const ZEROS = new Uint8Array(BLOCKING_WRITE_BYTES);

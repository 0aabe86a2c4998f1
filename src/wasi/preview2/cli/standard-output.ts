import { EBADF, type Errno } from "../../../fs/errno.js";
import { TAKEN_STDERR, TAKEN_STDOUT, USED_STDERR, USED_STDOUT } from "../../../fs/policy-board.js";
import type { OutputStream } from "../../stdio.js";
import { Output } from "../io/output.js";
import { CLOSED } from "../io/stream-error.js";
import { READY } from "../io/waitable.js";
import { STDIO_WRITE_BYTES } from "../limits.js";
import type { Process } from "../process.js";

/**
 * Standard output or error. A write waits in the worker where the app is slow to read, so there is always
 * room; a denied stream is closed from the beginning.
 */
export class StandardOutput extends Output {
  readonly waitable = READY;
  readonly #name: "stdout" | "stderr";
  readonly #used: number;
  readonly #taken: number;
  #closed = false;

  constructor(name: "stdout" | "stderr") {
    super();
    this.#name = name;
    this.#used = name === "stdout" ? USED_STDOUT : USED_STDERR;
    this.#taken = name === "stdout" ? TAKEN_STDOUT : TAKEN_STDERR;
  }

  room(process: Process): number {
    if (process.lacks(this.#taken)) return this.#denied(process);
    return this.#closed ? CLOSED : STDIO_WRITE_BYTES;
  }

  write(process: Process, src: Uint8Array, at: number, length: number): Errno {
    if (process.lacks(this.#taken)) return this.#denied(process);
    if (this.#closed) return CLOSED;
    process.use(this.#used);
    const stream: OutputStream = process.context.stdio[this.#name];
    for (let done = 0; done < length;) {
      const written = stream.write(src, at + done, length - done);
      if (written === -EBADF) return this.#denied(process);
      if (written <= 0) {
        this.#closed = true;
        return CLOSED;
      }
      done += written;
    }
    return 0;
  }

  override flush(process: Process): Errno {
    return this.#closed || process.lacks(this.#taken) ? CLOSED : 0;
  }

  #denied(process: Process): Errno {
    process.deny("stdio", "write", EBADF, this.#name);
    return CLOSED;
  }
}

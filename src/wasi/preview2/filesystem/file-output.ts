import { EIO, type Errno } from "../../../fs/errno.js";
import { APPEND } from "../../transfer.js";
import { Output } from "../io/output.js";
import { CLOSED } from "../io/stream-error.js";
import { READY } from "../io/waitable.js";
import { MAX_WRITE_BYTES } from "../limits.js";
import type { Process } from "../process.js";
import type { OpenedFile } from "./opened.js";
import { writeToFile } from "./write-file.js";

/** Writes to a file on from a position, or at its end. */
export class FileOutput extends Output {
  readonly waitable = READY;
  readonly #opened: OpenedFile;
  #position: number;
  #closed = false;

  /** Holds the file. `position`: APPEND for its end, wherever that is. */
  constructor(opened: OpenedFile, position: number) {
    super();
    this.#opened = opened.hold();
    this.#position = position;
  }

  room(): number {
    return this.#closed ? CLOSED : MAX_WRITE_BYTES;
  }

  write(_process: Process, src: Uint8Array, at: number, length: number): Errno {
    if (this.#closed) return CLOSED;
    for (let done = 0; done < length;) {
      const count = length - done;
      const written = writeToFile(this.#opened, src, at + done, count, this.#position);
      if (written <= 0) {
        this.#closed = true;
        return written === 0 ? -EIO : written;
      }
      done += written;
      if (this.#position !== APPEND) this.#position += written;
    }
    return 0;
  }

  override flush(): Errno {
    return this.#closed ? CLOSED : 0;
  }

  override release(): void {
    this.#opened.letGo();
  }
}

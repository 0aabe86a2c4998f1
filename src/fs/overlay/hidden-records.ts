import { EIO, type Errno } from "../errno.js";
import {
  FILETYPE_REGULAR_FILE,
  OPEN_APPEND,
  OPEN_CREATE,
  OPEN_READ,
  OPEN_WRITE,
  type Directory,
  type File,
} from "../node.js";

const FILE_NAME = "hidden";
const RECORD_BYTES = 4;

/**
 * The numbers of the image's entries that a layer hides, in a file that only grows: a little-endian
 * Uint32 each, appended in one write, so that a process that dies leaves it whole, and others read only
 * what is new.
 */
export class HiddenRecords {
  readonly #records = new Set<number>();
  #file: File | undefined;
  /** Bytes of the file that are in the set. */
  #read = 0;

  has(record: number): boolean {
    return this.#records.size !== 0 && this.#records.has(record);
  }

  /** Reads what others have added. */
  refresh(directory: Directory): Errno {
    const file = this.#open(directory);
    if (typeof file === "number") return file;
    const size = file.size();
    const length = size - (size % RECORD_BYTES) - this.#read;
    if (length <= 0) return 0;
    const bytes = Buffer.allocUnsafe(length);
    if (file.read(bytes, 0, length, this.#read) !== length) return -EIO;
    for (let at = 0; at < length; at += RECORD_BYTES) this.#records.add(bytes.readUInt32LE(at));
    this.#read += length;
    return 0;
  }

  add(directory: Directory, record: number): Errno {
    const file = this.#open(directory);
    if (typeof file === "number") return file;
    const bytes = Buffer.allocUnsafe(RECORD_BYTES);
    bytes.writeUInt32LE(record);
    const written = file.append(bytes, 0, RECORD_BYTES);
    if (written !== RECORD_BYTES) return written < 0 ? written : -EIO;
    return this.refresh(directory);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #open(directory: Directory): File | Errno {
    if (this.#file !== undefined) return this.#file;
    const flags = OPEN_READ | OPEN_WRITE | OPEN_APPEND | OPEN_CREATE;
    const file = directory.open(FILE_NAME, flags);
    if (typeof file === "number") return file;
    if (file.type !== FILETYPE_REGULAR_FILE) return -EIO;
    this.#file = file;
    return file;
  }
}

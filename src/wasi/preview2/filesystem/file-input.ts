import { Input } from "../io/input.js";
import { CLOSED } from "../io/stream-error.js";
import { READY } from "../io/waitable.js";
import type { Process } from "../process.js";
import type { OpenedFile } from "./opened.js";
import { prepareFromFile, takeFromFile } from "./read-file.js";

/** Reads a file on from a position, once to its end. */
export class FileInput extends Input {
  readonly waitable = READY;
  readonly #opened: OpenedFile;
  #position: number;
  #closed = false;

  /** Holds the file. */
  constructor(opened: OpenedFile, position: number) {
    super();
    this.#opened = opened.hold();
    this.#position = position;
  }

  prepare(_process: Process, length: number): number {
    if (this.#closed) return CLOSED;
    if (length === 0) return 0;
    const count = prepareFromFile(this.#opened.file, length, this.#position);
    if (count > 0) return count;
    this.#closed = true;
    return count === 0 ? CLOSED : count;
  }

  take(_process: Process, dst: Uint8Array, at: number, count: number): number {
    const taken = takeFromFile(this.#opened.file, dst, at, count, this.#position);
    if (taken <= 0) return 0; // the next call tells why
    this.#position += taken;
    return taken;
  }

  override release(): void {
    this.#opened.letGo();
  }
}

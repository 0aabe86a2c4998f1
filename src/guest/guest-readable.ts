import { Readable } from "node:stream";
import { splitLines } from "./split-lines.js";

/** A guest's stdout or stderr: bytes, with back-pressure to the guest. */
export class GuestReadable extends Readable {
  readonly #more: () => void;
  readonly #close: () => void;

  /** @internal `more`: the buffer has room; `close`: nobody will read any more. */
  constructor(highWaterMark: number, more: () => void, close: () => void) {
    super({ highWaterMark });
    this.#more = more;
    this.#close = close;
  }

  /**
   * The output line by line, as UTF-8: split at LF or CR LF, which are left out, the last line also
   * when it is incomplete; bytes that are not UTF-8 become U+FFFD. A line over `maxLineBytes` (1 MiB by
   * default) is given in pieces of that size, so that a guest cannot fill the app's memory.
   *
   * @example
   * ```ts
   * for await (const line of process.stdout.lines()) console.log(line);
   * ```
   */
  lines(options: { readonly maxLineBytes?: number } = {}): AsyncGenerator<string, void, undefined> {
    return splitLines(this as AsyncIterable<Buffer>, options.maxLineBytes ?? MAX_LINE_BYTES);
  }

  /** @internal */
  override _read(): void {
    this.#more();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close();
    callback(error);
  }
}

const MAX_LINE_BYTES = 2 ** 20;

/** Room at first, in bytes; it doubles when it is used up. */
const FIRST_BYTES = 16 * 1024;
/** Most bytes that one UTF-16 unit becomes in UTF-8. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();

/** Texts in UTF-8, one behind the other. */
export class BytePool {
  length = 0;
  #bytes = new Uint8Array(FIRST_BYTES);

  /** Adds a text; the bytes that it takes. */
  add(text: string): number {
    const room = this.length + text.length * BYTES_PER_UNIT;
    if (room > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(room, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.length));
    this.length += written;
    return written;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

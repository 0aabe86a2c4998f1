const utf8 = new TextEncoder();

/** Writes the primitives of the WebAssembly binary format (spec, 5.2). */
export class ByteWriter {
  #buffer = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Unsigned LEB128; also of larger whole numbers, up to 2^53. */
  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  name(value: string): void {
    const encoded = utf8.encode(value);
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  /** `flags`: what the limits are of, apart from whether there is a maximum. */
  limits(initial: number, maximum: number | undefined, flags = 0): void {
    this.byte(flags | (maximum === undefined ? 0 : 1));
    this.u32(initial);
    if (maximum !== undefined) this.u32(maximum);
  }

  /** What was written; the writer must not be used after. */
  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

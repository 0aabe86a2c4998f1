/** What is wrong with the bytes of a module; the caller turns it into `ERR_MODULE_INVALID`. */
export class ModuleFormatError extends Error {
  override readonly name = "ModuleFormatError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the primitives of the WebAssembly binary format (spec, 5.2); nothing is read out of bounds. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#end = end;
    this.position = start;
  }

  get end(): number {
    return this.#end;
  }

  get done(): boolean {
    return this.position >= this.#end;
  }

  byte(): number {
    const value = this.position < this.#end ? this.#bytes[this.position] : undefined;
    if (value === undefined) throw new ModuleFormatError(`unexpected end at byte ${this.position}`);
    this.position++;
    return value;
  }

  /** Unsigned LEB128 of 32 bits: at most 5 bytes, unused bits zero. */
  u32(): number {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) {
        throw new ModuleFormatError(`number over 32 bits at byte ${this.position - 1}`);
      }
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
  }

  /** Unsigned LEB128 of 64 bits: at most 10 bytes, unused bits zero. */
  u64(): bigint {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      if (shift === 63n && byte > 0x01) {
        throw new ModuleFormatError(`number over 64 bits at byte ${this.position - 1}`);
      }
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
  }

  /** Passes over a signed LEB128 of at most `maxBytes` bytes. */
  skipSigned(maxBytes: number): void {
    for (let count = 1; this.byte() >= 0x80; count++) {
      if (count === maxBytes) {
        throw new ModuleFormatError(`number too long at byte ${this.position - 1}`);
      }
    }
  }

  /** A count of things that take at least one byte each, so that it cannot exceed what is left. */
  count(what: string, max: number): number {
    const count = this.u32();
    if (count > max) throw new ModuleFormatError(`${count} ${what}, at most ${max} are accepted`);
    if (count > this.#end - this.position) {
      throw new ModuleFormatError(`${count} ${what} in ${this.#end - this.position} bytes`);
    }
    return count;
  }

  /** A name: its length in bytes, then UTF-8. */
  name(maxBytes: number): string {
    const length = this.u32();
    if (length > this.#end - this.position) {
      throw new ModuleFormatError(
        `name of ${length} bytes passes the end at byte ${this.position}`,
      );
    }
    if (length > maxBytes) {
      throw new ModuleFormatError(`name of ${length} bytes, at most ${maxBytes} are accepted`);
    }
    const start = this.position;
    this.position += length;
    try {
      return utf8.decode(this.#bytes.subarray(start, this.position));
    } catch {
      throw new ModuleFormatError(`name at byte ${start} is not UTF-8`);
    }
  }
}

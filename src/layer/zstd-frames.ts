/** Largest window a frame may ask for, in bytes: what zstd itself takes unless told otherwise. */
const MAX_WINDOW_BYTES = 128 * 2 ** 20;
/** Longest frame header with its magic, and the least that tells how long it is, in bytes. */
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** What the walk meets, in order; the bytes of a frame are all given to `data`, its header included. */
export interface ZstdFrameVisitor {
  start(): void;
  data(chunk: Uint8Array): Promise<void> | undefined;
  end(): Promise<void>;
}

type Part = "magic" | "skip-size" | "skip" | "frame-header" | "block-header" | "block" | "checksum";

/**
 * Splits a zstd stream into its frames (RFC 8878 section 3.1) and leaves skippable ones out. Needed
 * because Node 22 and 24 stop behind the first frame, and Node 22 takes a truncated one for whole.
 * Bounds the window before anybody allocates it.
 */
export class ZstdFrames {
  #part: Part = "magic";
  /** Bytes of the current part still to come, and what a header's parts have gathered so far. */
  #need = 4;
  #gathered: number[] = [];
  #hasChecksum = false;
  #isLastBlock = false;

  constructor(
    private readonly visitor: ZstdFrameVisitor,
    private readonly reject: (problem: string) => Error,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    let at = 0;
    // Begin of what belongs to the current frame and was not handed on yet.
    let from = this.#isInFrame() ? 0 : -1;
    while (at < chunk.byteLength) {
      const taken = Math.min(this.#need, chunk.byteLength - at);
      if (this.#part !== "block" && this.#part !== "skip") {
        for (const byte of chunk.subarray(at, at + taken)) this.#gathered.push(byte);
      }
      at += taken;
      this.#need -= taken;
      if (this.#need > 0) break;
      const before = this.#part;
      const header = this.#finishPart();
      if (before === "magic" && this.#part === "frame-header") {
        this.visitor.start();
        // The magic may have begun in an earlier chunk, so it is handed on from what was gathered.
        await this.visitor.data(Uint8Array.from(header));
        from = at;
      } else if (from >= 0 && this.#part === "magic") {
        await this.visitor.data(chunk.subarray(from, at));
        await this.visitor.end();
        from = -1;
      }
    }
    if (from >= 0 && from < at) await this.visitor.data(chunk.subarray(from, at));
  }

  end(): void {
    if (this.#part !== "magic" || this.#gathered.length > 0) throw this.reject("it is cut short");
  }

  #isInFrame(): boolean {
    return this.#part !== "magic" && this.#part !== "skip-size" && this.#part !== "skip";
  }

  /** Moves on to the next part; gives back the bytes gathered for the one that is over. */
  #finishPart(): readonly number[] {
    const bytes = this.#gathered;
    this.#gathered = [];
    switch (this.#part) {
      case "magic":
        this.#readMagic(littleEndian(bytes));
        break;
      case "skip-size":
        this.#go(littleEndian(bytes) === 0 ? "magic" : "skip", littleEndian(bytes));
        break;
      case "skip":
      case "checksum":
        this.#go("magic", 4);
        break;
      case "frame-header":
        this.#readFrameHeader(bytes);
        break;
      case "block-header":
        this.#readBlockHeader(littleEndian(bytes));
        break;
      case "block":
        this.#endBlock();
        break;
    }
    if (this.#part === "magic") this.#need = 4;
    return bytes;
  }

  #readMagic(magic: number): void {
    if (magic === FRAME_MAGIC) this.#go("frame-header", 1);
    else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) this.#go("skip-size", 4);
    else throw this.reject("it has no zstd frame where one must be");
  }

  /** The first byte tells the length of the rest (RFC 8878 section 3.1.1.1). */
  #readFrameHeader(bytes: number[]): void {
    const descriptor = bytes[0] ?? 0;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const length = 1 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
    if (bytes.length < length) {
      this.#gathered = bytes;
      this.#need = length - bytes.length;
      return;
    }
    const window = isSingleSegment
      ? littleEndian(bytes.slice(length - sizeBytes)) + (sizeBytes === 2 ? 256 : 0)
      : windowSize(bytes[1] ?? 0);
    if (window > MAX_WINDOW_BYTES) throw this.reject(`it wants a window of ${window} bytes`);
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#go("block-header", 3);
  }

  #readBlockHeader(header: number): void {
    const type = (header >> 1) & 3;
    if (type === BLOCK_RESERVED) throw this.reject("it has a block of a reserved type");
    this.#isLastBlock = (header & 1) !== 0;
    const size = type === BLOCK_RLE ? 1 : header >>> 3;
    if (size === 0) this.#endBlock();
    else this.#go("block", size);
  }

  #endBlock(): void {
    if (!this.#isLastBlock) this.#go("block-header", 3);
    else if (this.#hasChecksum) this.#go("checksum", 4);
    else this.#go("magic", 4);
  }

  #go(part: Part, need: number): void {
    this.#part = part;
    this.#need = need;
  }
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** RFC 8878 section 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import type { Compression } from "../oci/media-types.js";
import { ZstdFrames } from "./zstd-frames.js";

/** Size of decompressed chunks, in bytes: as few turns as memory allows. */
const CHUNK_BYTES = 64 * 1024;
/** Compressed bytes that may wait for a zlib stream: it then works while the next ones come in. */
const PENDING_BYTES = 512 * 1024;
/**
 * Compressed bytes that fzstd gets at once: it gives all their output in one turn, and 4 bytes can
 * become 128 KiB.
 */
const FZSTD_PIECE_BYTES = 1024;

/** Takes a chunk of output, which stays unchanged; a promise asks to wait. */
export type Output = (chunk: Uint8Array) => Promise<void> | undefined;

/** Turns compressed bytes into plain ones as they stream; what it rejects with says what is wrong. */
export interface Decompressor {
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** All bytes have come; settled when the last output has been taken. */
  end(): Promise<void>;
  discard(): void;
}

/**
 * Opens a decompressor. Gzip may have several members, zstd several frames; anything else behind them
 * is an error, and so is a stream that is cut short.
 *
 * @param reject - makes the error from a sentence about the stream.
 */
export async function openDecompressor(
  compression: Compression,
  output: Output,
  reject: (problem: string) => Error,
): Promise<Decompressor> {
  switch (compression) {
    case "none":
      return { write: output, end: () => Promise.resolve(), discard: () => undefined };
    case "gzip":
      return new ZlibStream(zlib.createGunzip({ chunkSize: CHUNK_BYTES }), output, reject);
    case "zstd":
      return new ZstdStream(await frameOpener(output, reject), reject);
  }
}

type ZlibTransform = Transform & {
  /** Compressed bytes that were used. */
  readonly bytesWritten: number;
};

/** One transform stream of node:zlib. */
class ZlibStream implements Decompressor {
  readonly #pumped: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  #received = 0;

  constructor(
    private readonly stream: ZlibTransform,
    output: Output,
    private readonly reject: (problem: string) => Error,
  ) {
    this.#pumped = this.#pump(output, reject);
    this.#pumped.catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return this.#pumped;
    this.#received += chunk.byteLength;
    if (this.stream.write(chunk) || this.stream.writableLength < PENDING_BYTES) return undefined;
    const drained = new Promise<void>((resolve) => {
      this.stream.once("drain", () => resolve());
    });
    return Promise.race([drained, this.#pumped]);
  }

  async end(): Promise<void> {
    this.stream.end();
    await this.#pumped;
    // zlib takes no notice of what follows a zero byte behind the end.
    if (this.stream.bytesWritten !== this.#received) throw this.reject("bytes follow its end");
  }

  discard(): void {
    this.stream.destroy();
  }

  async #pump(output: Output, reject: (problem: string) => Error): Promise<void> {
    const chunks: AsyncIterator<unknown> = this.stream[Symbol.asyncIterator]();
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw reject(error instanceof Error ? error.message : "it cannot be read");
      });
      if (next.done === true) return;
      if (next.value instanceof Uint8Array) await output(next.value);
    }
  }
}

/** A zstd stream: a decompressor of its own for each frame. */
class ZstdStream implements Decompressor {
  readonly #frames: ZstdFrames;
  #current: Decompressor | undefined;

  constructor(openFrame: () => Decompressor, reject: (problem: string) => Error) {
    this.#frames = new ZstdFrames(
      {
        start: () => {
          this.#current = openFrame();
        },
        data: (chunk) => this.#current?.write(chunk),
        end: async () => {
          await this.#current?.end();
          this.#current = undefined;
        },
      },
      reject,
    );
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#frames.write(chunk);
  }

  async end(): Promise<void> {
    this.#frames.end();
    return Promise.resolve();
  }

  discard(): void {
    this.#current?.discard();
  }
}

/** node:zlib has zstd from Node 22.15 on; before that fzstd, which is loaded only here. */
async function frameOpener(
  output: Output,
  reject: (problem: string) => Error,
): Promise<() => Decompressor> {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (isStreamFactory(create)) {
    return () => new ZlibStream(create({ chunkSize: CHUNK_BYTES }), output, reject);
  }
  const { Decompress } = await import("fzstd");
  return () => new FzstdFrame(Decompress, output, reject);
}

/** One frame through fzstd, which works in this thread, in small pieces. */
class FzstdFrame implements Decompressor {
  readonly #frame: import("fzstd").Decompress;
  #chunks: Uint8Array[] = [];

  constructor(
    Decompress: typeof import("fzstd").Decompress,
    private readonly output: Output,
    private readonly reject: (problem: string) => Error,
  ) {
    this.#frame = new Decompress((chunk) => this.#chunks.push(chunk));
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += FZSTD_PIECE_BYTES) {
      await this.#push(chunk.subarray(at, at + FZSTD_PIECE_BYTES), false);
    }
  }

  end(): Promise<void> {
    return this.#push(new Uint8Array(), true);
  }

  discard(): void {
    this.#chunks = [];
  }

  async #push(piece: Uint8Array, isLast: boolean): Promise<void> {
    try {
      this.#frame.push(piece, isLast);
    } catch (error) {
      throw this.reject(error instanceof Error ? error.message : "it cannot be read");
    }
    const chunks = this.#chunks;
    this.#chunks = [];
    for (const chunk of chunks) if (chunk.byteLength > 0) await this.output(chunk);
  }
}

function isStreamFactory(
  value: unknown,
): value is (options: { readonly chunkSize: number }) => ZlibTransform {
  return typeof value === "function";
}

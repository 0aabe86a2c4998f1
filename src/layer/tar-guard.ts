import { readPaxRecords } from "./pax-records.js";
import {
  BLOCK_BYTES,
  isName,
  isZero,
  readTarHeader,
  untilNul,
  type TarHeader,
} from "./tar-header.js";
import { WASM_HEAD_BYTES, wasmKind, type WasmKind } from "./wasm-kind.js";

/** Largest PAX or GNU long-name header, in bytes: a path has at most 4 KiB. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** Most bytes of all such headers together: long names are kept in memory. */
const MAX_EXTENSIONS_BYTES = 64 * 2 ** 20;

/** Where the data of the entries lies in the tar; in columns, since there may be half a million. */
export interface TarFrames {
  readonly offsets: number[];
  readonly sizes: number[];
  /** By the entry's number: the files whose first bytes are those of WebAssembly. */
  readonly wasm: Map<number, WasmKind>;
}

/** What extended headers say about the entry that follows them. */
interface Extensions {
  pax: Map<string, string> | undefined;
  name: Uint8Array | undefined;
  link: Uint8Array | undefined;
}

/**
 * Walks the blocks of a tar before tar-stream sees them, and refuses what tar-stream 3.2.2 lets pass
 * or hangs on: truncation, wrong padding and trailing bytes, sparse files, global PAX headers that
 * change entries, data behind entries that have none, numbers and names that are not what they say.
 */
export class TarGuard {
  readonly frames: TarFrames = { offsets: [], sizes: [], wasm: new Map() };
  readonly #header = new Uint8Array(BLOCK_BYTES);
  #headerBytes = 0;
  /** Bytes still to come of the current entry's data, and of the padding behind it. */
  #body = 0;
  #padding = 0;
  #extension: { readonly header: TarHeader; readonly bytes: Uint8Array } | undefined;
  #extensionBytes = 0;
  #extensionsBytes = 0;
  #pending: Extensions = { pax: undefined, name: undefined, link: undefined };
  readonly #head = new Uint8Array(WASM_HEAD_BYTES);
  #headBytes = 0;
  #position = 0;
  #ended = false;

  constructor(
    private readonly reject: (problem: string) => Error,
    private readonly onFrame: (count: number) => void,
  ) {}

  /** Checks a chunk and gives back what belongs to the archive: without what follows its end marker. */
  write(chunk: Uint8Array): Uint8Array {
    let at = 0;
    while (at < chunk.byteLength && !this.#ended) {
      const taken = this.#step(chunk, at);
      at += taken;
      this.#position += taken;
      if (this.#headerBytes === BLOCK_BYTES) this.#readHeader();
    }
    if (!isZero(chunk.subarray(at)))
      throw this.reject("there are bytes behind the end of the archive");
    return chunk.subarray(0, at);
  }

  /**
   * The archive has ended. An end marker is not needed, and the padding of the last file may be missing:
   * umoci writes such layers. Gives the padding that is missing.
   */
  end(): Uint8Array {
    if (this.#body > 0 || this.#headerBytes > 0) throw this.reject("the archive is cut short");
    if (this.#hasPending()) throw this.reject("an extended header has no entry");
    return new Uint8Array(this.#padding);
  }

  /** Takes what the chunk has from `at` on of the current part; the bytes taken. */
  #step(chunk: Uint8Array, at: number): number {
    const rest = chunk.byteLength - at;
    if (this.#body > 0) {
      const taken = Math.min(this.#body, rest);
      this.#body -= taken;
      if (this.#extension !== undefined || this.#headBytes < WASM_HEAD_BYTES) {
        this.#takeBody(chunk.subarray(at, at + taken));
      }
      return taken;
    }
    if (this.#padding > 0) {
      const taken = Math.min(this.#padding, rest);
      this.#padding -= taken;
      return taken;
    }
    const taken = Math.min(BLOCK_BYTES - this.#headerBytes, rest);
    this.#header.set(chunk.subarray(at, at + taken), this.#headerBytes);
    this.#headerBytes += taken;
    return taken;
  }

  #takeBody(part: Uint8Array): void {
    if (this.#extension !== undefined) {
      this.#extension.bytes.set(part, this.#extensionBytes);
      this.#extensionBytes += part.byteLength;
      if (this.#body === 0) this.#finishExtension(this.#extension.header, this.#extension.bytes);
      return;
    }
    const head = part.subarray(0, WASM_HEAD_BYTES - this.#headBytes);
    this.#head.set(head, this.#headBytes);
    this.#headBytes += head.byteLength;
    if (this.#headBytes < WASM_HEAD_BYTES) return;
    const kind = wasmKind(this.#head);
    if (kind !== undefined) this.frames.wasm.set(this.frames.offsets.length - 1, kind);
  }

  #readHeader(): void {
    this.#headerBytes = 0;
    if (isZero(this.#header)) {
      this.#ended = true;
      return;
    }
    const header = readTarHeader(this.#header, this.reject);
    const isEntry = header.type === "file" || header.type === "bodiless";
    const size = isEntry ? this.#startEntry(header) : this.#startExtension(header);
    this.#body = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
  }

  #startEntry(header: TarHeader): number {
    const { pax, name, link } = this.#pending;
    this.#pending = { pax: undefined, name: undefined, link: undefined };
    const size = pax?.has("size") === true ? Number(pax.get("size")) : header.size;
    if (header.type === "bodiless" && size > 0) {
      throw this.reject("an entry that is no file has data");
    }
    // A long name's beginning may end inside a character here.
    const isNamed = (pax?.get("path") ?? "") !== "" || name !== undefined;
    if (!isNamed && header.name !== "good") {
      throw this.reject("an entry's name is empty or not UTF-8");
    }
    const isLinked = (pax?.get("linkpath") ?? "") !== "" || link !== undefined;
    if (!isLinked && header.linkName !== "good") {
      throw this.reject("a link's target is empty or not UTF-8");
    }
    this.frames.offsets.push(this.#position);
    this.frames.sizes.push(size);
    this.#headBytes = 0;
    this.onFrame(this.frames.offsets.length);
    return size;
  }

  #startExtension(header: TarHeader): number {
    if (header.size === 0 || header.size > MAX_EXTENSION_BYTES) {
      throw this.reject(`an extended header has ${header.size} bytes`);
    }
    this.#extensionsBytes += header.size;
    if (this.#extensionsBytes > MAX_EXTENSIONS_BYTES) {
      throw this.reject(`its extended headers have more than ${MAX_EXTENSIONS_BYTES} bytes`);
    }
    this.#extension = { header, bytes: new Uint8Array(header.size) };
    this.#extensionBytes = 0;
    return header.size;
  }

  #finishExtension({ type }: TarHeader, bytes: Uint8Array): void {
    this.#extension = undefined;
    const pending = this.#pending;
    if (type === "pax") {
      if (pending.pax !== undefined) throw this.reject("an entry has two PAX headers");
      pending.pax = readPaxRecords(bytes, this.reject);
    } else if (type === "pax-global") {
      // git archive writes its commit into one; anything else would change the entries that follow.
      for (const key of readPaxRecords(bytes, this.reject).keys()) {
        if (key !== "comment") throw this.reject("a global PAX header is not supported");
      }
    } else {
      const slot = type === "gnu-name" ? "name" : "link";
      if (pending[slot] !== undefined) throw this.reject("an entry has two long names");
      const text = untilNul(bytes);
      if (!isName(text)) throw this.reject("a long name is empty or not UTF-8");
      pending[slot] = text;
    }
  }

  #hasPending(): boolean {
    const { pax, name, link } = this.#pending;
    return pax !== undefined || name !== undefined || link !== undefined;
  }
}

import { open, type FileHandle } from "node:fs/promises";
import { WASM_HEAD_BYTES, wasmKind, type WasmKind } from "../layer/wasm-kind.js";
import { ByteReader, ModuleFormatError } from "../wasm/byte-reader.js";
import type { ThreadBounds } from "../base/in-thread.js";
import { MAX_COMPONENT_SECTIONS } from "../wasm/read-component.js";

/** A part of a host file. */
export interface FilePart {
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Bytes of an outline that are parsed in the app's own thread, in some ms at the worst; nearly all have less. */
export const OUTLINE_BYTES_HERE = 16 * 2 ** 10;
/** Of a thread that parses a larger one: 4 MiB take 1 s on a busy machine, and some 100 MB of objects. */
export const OUTLINE_BOUNDS: ThreadBounds = { timeoutMs: 10_000, heapMb: 512 };
/** Bytes read at once: most modules have all headers of sections but one or two within as much. */
const WINDOW_BYTES = 16 * 1024;
/** Longest header of a section: its id, and its size as LEB128. */
const MAX_SECTION_HEADER = 6;

/** Numbers of the sections that an outline keeps. */
export type WantedSections = Readonly<Record<WasmKind, readonly number[]>>;

/**
 * The head and the wanted sections: a small module with the same names. `undefined` for bytes that are no
 * module, and for one whose wanted sections have more than `maxBytes` together.
 *
 * Throws a {@link ModuleFormatError} for sections that lie.
 */
export async function readOutline(
  part: FilePart,
  wanted: WantedSections,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const file = await open(part.file, "r");
  try {
    return await outlineOf(new PartReader(file, part), wanted, maxBytes);
  } finally {
    await file.close();
  }
}

async function outlineOf(
  part: PartReader,
  wanted: WantedSections,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const head = await part.read(0, WASM_HEAD_BYTES);
  const kind = wasmKind(head);
  if (kind === undefined) return undefined;
  const pieces = [head];
  let kept = 0;
  let at = WASM_HEAD_BYTES;
  for (let count = 0; at < part.length; count++) {
    if (count === MAX_COMPONENT_SECTIONS) return undefined;
    const header = new ByteReader(await part.read(at, MAX_SECTION_HEADER));
    const id = header.byte();
    const size = header.u32();
    const length = header.position + size;
    if (length > part.length - at) throw new ModuleFormatError(`section ${id} passes the end`);
    if (wanted[kind].includes(id)) {
      kept += length;
      if (kept > maxBytes) return undefined;
      pieces.push(await part.read(at, length));
    }
    at += length;
  }
  return Buffer.concat(pieces);
}

/** Reads pieces of a part, small ones from a window of it. */
class PartReader {
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly part: FilePart,
  ) {}

  get length(): number {
    return this.part.length;
  }

  /** Less than `length` bytes at the end of the part. The piece stays as it is. */
  async read(at: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.part.length - at);
    const from = at - this.#start;
    if (from >= 0 && from + wanted <= this.#window.length) {
      return this.#window.subarray(from, from + wanted);
    }
    const size = Math.min(Math.max(wanted, WINDOW_BYTES), this.part.length - at);
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const position = this.part.offset + at + filled;
      const { bytesRead } = await this.file.read(bytes, filled, size - filled, position);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#window = bytes.subarray(0, filled);
    this.#start = at;
    return this.#window.subarray(0, wanted);
  }
}

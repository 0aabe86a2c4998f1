import { baseName, parentPath } from "./entry-path.js";
import type { NewEntries, NewEntry } from "./new-entry.js";
import { TAR_END, tarHeader, tarPadding, type TarMember } from "./tar-member.js";

/** Prefix of a whiteout's name (OCI image specification, "Whiteouts"), and that of an opaque directory. */
export const WHITEOUT = ".wh.";
const WHITEOUT_OPAQUE = ".wh..wh..opq";
/** Small pieces are gathered up to this many bytes: 20,000 headers are no 20,000 writes. */
const BATCH_BYTES = 64 * 1024;

/**
 * Writes a tar: the same bytes for the same entries, whatever the version of Node. It is written as fast
 * as it is read, and nothing but one batch is held.
 */
export async function* writeTar(entries: NewEntries): AsyncGenerator<Uint8Array, void, undefined> {
  const batch = new Batch();
  for await (const entry of entries) {
    const header = tarHeader(memberOf(entry));
    if (!batch.takes(header)) yield* batch.flushWith(header);
    if (entry.type !== "file" || entry.size === 0) continue;
    let left = entry.size;
    const content = entry.content();
    // Waiting for each small file costs more than reading it.
    if (Symbol.iterator in content) {
      for (const chunk of content) {
        left -= chunk.byteLength;
        if (left < 0) break;
        if (!batch.takes(chunk)) yield* batch.flushWith(chunk);
      }
    } else {
      for await (const chunk of content) {
        left -= chunk.byteLength;
        if (left < 0) break;
        if (!batch.takes(chunk)) yield* batch.flushWith(chunk);
      }
    }
    // Whoever opens the content answers for its size: a wrong one here would forge the entries behind it.
    if (left !== 0) throw new RangeError(`The size of ${entry.path} changed while it was written`);
    const padding = tarPadding(entry.size);
    if (!batch.takes(padding)) yield* batch.flushWith(padding);
  }
  yield* batch.flushWith(TAR_END);
}

function memberOf(entry: NewEntry): TarMember {
  const name = entry.path.slice(1);
  const base = { mode: 0, size: 0, link: "", mtime: 0n };
  switch (entry.type) {
    case "file": {
      const { mode, mtime, size } = entry;
      return { ...base, name, type: "file", mode, mtime, size };
    }
    case "directory": {
      const { mode, mtime } = entry;
      return { ...base, name: name === "" ? "./" : `${name}/`, type: "directory", mode, mtime };
    }
    case "symlink":
      return { ...base, name, type: "symlink", mode: 0o777, mtime: entry.mtime, link: entry.link };
    case "hardlink": {
      const { mode, mtime, link } = entry;
      return { ...base, name, type: "hardlink", mode, mtime, link: link.slice(1) };
    }
    case "whiteout":
      return {
        ...base,
        name: below(parentPath(entry.path), WHITEOUT + baseName(entry.path)),
        type: "file",
      };
    case "opaque":
      return { ...base, name: below(entry.path, WHITEOUT_OPAQUE), type: "file" };
  }
}

function below(directory: string, name: string): string {
  return directory === "/" ? name : `${directory.slice(1)}/${name}`;
}

/** Gathers small pieces into one. */
class Batch {
  #bytes = Buffer.allocUnsafe(BATCH_BYTES);
  #filled = 0;

  /** False if the piece does not fit. */
  takes(piece: Uint8Array): boolean {
    if (this.#filled + piece.byteLength > BATCH_BYTES) return false;
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.byteLength;
    return true;
  }

  /** What was gathered, and then the piece. */
  *flushWith(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    const gathered = this.#bytes.subarray(0, this.#filled);
    // Whoever gets it may keep it.
    if (this.#filled > 0) this.#bytes = Buffer.allocUnsafe(BATCH_BYTES);
    this.#filled = 0;
    if (gathered.byteLength > 0) yield gathered;
    if (piece.byteLength > 0) yield piece;
  }
}

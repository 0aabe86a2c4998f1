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
    for await (const piece of piecesOf(entry)) {
      if (batch.takes(piece)) continue;
      const before = batch.flush();
      if (before.byteLength > 0) yield before;
      if (!batch.takes(piece)) yield piece;
    }
  }
  const last = batch.flush();
  if (last.byteLength > 0) yield last;
  yield TAR_END;
}

async function* piecesOf(entry: NewEntry): AsyncGenerator<Uint8Array, void, undefined> {
  yield tarHeader(memberOf(entry));
  if (entry.type !== "file" || entry.size === 0) return;
  let left = entry.size;
  for await (const chunk of entry.content()) {
    left -= chunk.byteLength;
    if (left < 0) break;
    yield chunk;
  }
  // Whoever opens the content answers for its size: a wrong one here would forge the entries behind it.
  if (left !== 0) throw new RangeError(`The size of ${entry.path} changed while it was written`);
  yield tarPadding(entry.size);
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

const EMPTY = new Uint8Array();

/** Gathers small pieces into one. */
class Batch {
  #bytes = Buffer.allocUnsafe(BATCH_BYTES);
  #filled = 0;

  /** False if the piece does not fit: flush, and give it on alone if it never will. */
  takes(piece: Uint8Array): boolean {
    if (this.#filled + piece.byteLength > BATCH_BYTES) return false;
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.byteLength;
    return true;
  }

  flush(): Uint8Array {
    if (this.#filled === 0) return EMPTY;
    const full = this.#bytes.subarray(0, this.#filled);
    // Whoever has it may keep it.
    this.#bytes = Buffer.allocUnsafe(BATCH_BYTES);
    this.#filled = 0;
    return full;
  }
}

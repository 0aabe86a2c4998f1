import type { FileHandle } from "node:fs/promises";

/** Bytes read at once. */
const PIECE_BYTES = 256 * 1024;

/**
 * Reads a file from `start` to `end`; up to its end if that is Infinity.
 *
 * @param reject - makes the error for a file that is shorter.
 */
export async function* readRange(
  handle: FileHandle,
  start: number,
  end: number,
  reject: (problem: string) => Error,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end;) {
    signal?.throwIfAborted();
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.byteLength, at);
    if (bytesRead === 0 && end === Infinity) return;
    if (bytesRead === 0) throw reject("the file became shorter while it was read");
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

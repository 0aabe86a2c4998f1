import type { Compression } from "../oci/media-types.js";

/** Bytes of a file's beginning that tell whether it is an archive. */
export const ARCHIVE_HEAD_BYTES = 512;

const TAR_MAGIC_AT = 257;

/**
 * Tells by its first bytes how an archive is compressed; `undefined`: it is none. Compressed bytes may
 * turn out to be no tar.
 */
export function archiveCompression(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (isZstd(head)) return "zstd";
  const magic = Buffer.from(head.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5)).toString("latin1");
  return magic === "ustar" ? "none" : undefined;
}

/** A frame, or one that is skipped: zstd's seekable and chunked writers begin with such a one. */
function isZstd([a = 0, b, c, d]: Uint8Array): boolean {
  const isFrame = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd;
  return isFrame || ((a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18);
}

import { SafedockError } from "../base/errors.js";
import type { Digest } from "../oci/digest.js";

/** Largest uncompressed layer, in bytes: far above any WebAssembly image, and a disk survives it. */
export const MAX_LAYER_BYTES = 4 * 2 ** 30;
/** Most bytes that one compressed byte may become, on average: real layers stay below 20. */
const MAX_RATIO = 200;
/** Output from which on the ratio counts, in bytes: a file of zeros may well be in an image. */
const RATIO_FREE_BYTES = 256 * 2 ** 20;

/**
 * Ends the unpacking of a layer that has become too large, or too large for what came in.
 *
 * @throws SafedockError `ERR_LAYER_TOO_LARGE`
 */
export function checkUnpackedSize(
  digest: Digest,
  { received, unpacked }: { readonly received: number; readonly unpacked: number },
  limit: number = MAX_LAYER_BYTES,
): void {
  if (unpacked > limit) throw layerTooLarge(digest, limit, "bytes");
  const ratioLimit = Math.max(RATIO_FREE_BYTES, received * MAX_RATIO);
  if (unpacked > ratioLimit) {
    throw layerTooLarge(digest, ratioLimit, `bytes for its ${received} compressed bytes`);
  }
}

export function layerTooLarge(digest: Digest, limit: number, unit: string): SafedockError {
  return new SafedockError(
    "ERR_LAYER_TOO_LARGE",
    `The layer ${digest} has more than ${limit} ${unit}`,
    { data: { digest, limit } },
  );
}

import { createHash } from "node:crypto";
import type { Digest } from "../oci/digest.js";

/**
 * The name of a stack of layers (OCI image specification, "Layer ChainID"): the DiffID of the lowest,
 * then sha256 of "<ChainID below> <DiffID>" for each above it. An image without layers has none in the
 * specification; it gets the digest of nothing here.
 */
export function chainIdOf(diffIds: readonly Digest[]): Digest {
  const [lowest, ...upper] = diffIds;
  if (lowest === undefined) return sha256("");
  return upper.reduce<Digest>((below, diffId) => sha256(`${below} ${diffId}`), lowest);
}

function sha256(text: string): Digest {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

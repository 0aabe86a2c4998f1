import { SafedockError } from "../base/errors.js";
import type { Platform } from "../oci/descriptor.js";
import { parseManifest, type Manifest } from "../oci/manifest.js";
import { selectPlatform } from "../oci/platform.js";
import type { ImageSource, SourcedManifest } from "./image-source.js";

/** Indexes inside of indexes that are followed: build tools nest them once. */
const MAX_INDEX_DEPTH = 4;

export interface FoundManifest extends SourcedManifest {
  readonly manifest: Manifest;
  /** The platform by which it was chosen from an index. */
  readonly platform: Platform | undefined;
}

/**
 * Goes from a manifest or an index to the manifest of one image.
 *
 * @throws SafedockError `ERR_MANIFEST_INVALID`, `ERR_MANIFEST_UNSUPPORTED`, `ERR_PLATFORM_NOT_FOUND`,
 * `ERR_SIZE_MISMATCH`
 */
export async function findManifest(
  source: ImageSource,
  start: SourcedManifest,
  wanted: Platform | string | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundManifest> {
  let current = start;
  let platform: Platform | undefined;
  for (let depth = 0; depth <= MAX_INDEX_DEPTH; depth++) {
    const parsed = parseManifest(current.bytes, current.descriptor.mediaType);
    if (parsed.kind === "manifest") return { ...current, manifest: parsed, platform };
    const chosen = selectPlatform(parsed, wanted);
    platform = chosen.platform ?? platform;
    const next = await source.manifest(chosen.digest, signal);
    if (next.bytes.byteLength !== chosen.size) {
      const { digest, size: expected } = chosen;
      const actual = next.bytes.byteLength;
      throw new SafedockError(
        "ERR_SIZE_MISMATCH",
        `The manifest ${digest} has ${actual} bytes, its index says ${expected}`,
        { data: { digest, expected, actual } },
      );
    }
    // What the index says of it must agree with what it says itself.
    current = { descriptor: chosen, bytes: next.bytes };
  }
  const problem = `its indexes lie in more than ${MAX_INDEX_DEPTH} others`;
  throw new SafedockError("ERR_MANIFEST_INVALID", `The image cannot be found: ${problem}`, {
    data: { problem },
  });
}

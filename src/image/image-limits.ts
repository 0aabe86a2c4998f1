import { SafedockError } from "../base/errors.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";

/** Blobs fetched at once: enough to fill a line, what registries bear, and as many as Docker takes. */
const CONCURRENT_BLOBS = 3;
/** Most that an app may ask for: a registry takes more than this from one client for an attack. */
const MAX_CONCURRENT_BLOBS = 64;
/** Largest sum of all layers of one image as the registry has them, in bytes. */
const MAX_IMAGE_BYTES = 8 * 2 ** 30;
/** Largest sum of all layers of one image, uncompressed, in bytes: four of the largest layers. */
const MAX_UNCOMPRESSED_BYTES = 16 * 2 ** 30;

/** How much one image may take on its way into the store. */
export interface ImageLimits {
  /** Largest sum of an image's layers as downloaded, in bytes. Default 8 GiB. */
  readonly maxImageBytes?: number;
  /** Largest sum of an image's layers, uncompressed, in bytes. Default 16 GiB. */
  readonly maxUncompressedBytes?: number;
  /** Largest layer, uncompressed, in bytes. Default 4 GiB. */
  readonly maxLayerBytes?: number;
  /** Most entries of one layer. Default 500,000. */
  readonly maxLayerEntries?: number;
  /** Blobs of one image that are fetched at once, 1 to 64. Default 3. */
  readonly concurrentBlobs?: number;
}

/** Names of the limits, for whoever takes them apart from other options. */
const LIMITS = [
  "maxImageBytes",
  "maxUncompressedBytes",
  "maxLayerBytes",
  "maxLayerEntries",
  "concurrentBlobs",
] as const satisfies (keyof ImageLimits)[];

/**
 * The limits among other options, checked.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function limitsOf(options: ImageLimits): ImageLimits {
  throwProblems("image limits", problemsOfValues("", options));
  const limits: { -readonly [K in keyof ImageLimits]: number } = {};
  for (const name of LIMITS) {
    const value = options[name];
    if (value !== undefined) limits[name] = value;
  }
  return limits;
}

/** What is wrong with the option `limits`, names that there are not included. */
export function limitProblems(limits: ImageLimits | undefined): string[] {
  if (limits === undefined) return [];
  const problems = unknownOptions("limits.", limits, LIMITS);
  return problems.length > 0 ? problems : problemsOfValues("limits.", limits);
}

function problemsOfValues(at: string, limits: ImageLimits): string[] {
  const problems: string[] = [];
  for (const name of LIMITS) {
    const value: unknown = limits[name];
    const max = name === "concurrentBlobs" ? MAX_CONCURRENT_BLOBS : Number.MAX_SAFE_INTEGER;
    const isGood =
      typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= max;
    if (value !== undefined && !isGood) {
      problems.push(`${at}${name}: must be a whole number from 1 to ${max}`);
    }
  }
  return problems;
}

export function concurrencyOf({ concurrentBlobs = CONCURRENT_BLOBS }: ImageLimits): number {
  return concurrentBlobs;
}

/**
 * Refuses an image whose manifest names too many bytes, before any is fetched.
 *
 * @throws SafedockError `ERR_BLOB_TOO_LARGE`
 */
export function checkDownload(
  digest: Digest,
  layers: readonly Descriptor[],
  { maxImageBytes: limit = MAX_IMAGE_BYTES }: ImageLimits,
): void {
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  if (size <= limit) return;
  throw new SafedockError(
    "ERR_BLOB_TOO_LARGE",
    `The image's layers have ${size} bytes, the limit is ${limit} bytes`,
    { data: { digest, size, limit }, hint: "raise maxImageBytes" },
  );
}

/** Counts what an image's layers take uncompressed, as each is known. */
export class UncompressedBudget {
  readonly #limit: number;
  #used = 0;

  constructor({ maxUncompressedBytes = MAX_UNCOMPRESSED_BYTES }: ImageLimits) {
    this.#limit = maxUncompressedBytes;
  }

  /** The largest that one layer may be, in bytes: it alone may not pass the whole image's limit. */
  layerLimit(maxLayerBytes: number): number {
    return Math.min(maxLayerBytes, this.#limit);
  }

  /** @throws SafedockError `ERR_LAYER_TOO_LARGE` */
  take(digest: Digest, bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.#limit) return;
    const limit = this.#limit;
    throw new SafedockError(
      "ERR_LAYER_TOO_LARGE",
      `The image's layers have more than ${limit} bytes uncompressed`,
      { data: { digest, limit }, hint: "raise maxUncompressedBytes" },
    );
  }
}

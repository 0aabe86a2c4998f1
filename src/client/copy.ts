import { concurrently } from "../base/concurrently.js";
import { isSafedockError, SafedockError } from "../base/errors.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import { isDigest } from "../oci/digest.js";
import { parseManifest } from "../oci/manifest.js";
import { parsePlatform, selectPlatform } from "../oci/platform.js";
import type {
  BlobOutcome,
  FetchedManifest,
  ReadableRepository,
  ReferrersLister,
  WritableRepository,
} from "../oci/repository.js";
import { verifyBytes } from "../oci/verify-blob.js";
import { collectGraph, fetchChild, inWaves, type GraphManifest } from "./copy-graph.js";

/** Blobs and manifests copied at once by default: enough to fill a line, and what registries bear. */
const DEFAULT_CONCURRENCY = 4;
/** Most at once: each download and each upload needs a connection of its own, and there are eight. */
const MAX_CONCURRENCY = 16;
/** Most at once within one registry: uploads must not take the connections that their downloads need. */
const MAX_CONCURRENCY_WITHIN = 4;
/** Largest piece, in bytes: it is held in memory as a whole. */
const MAX_CHUNK_BYTES = 2 ** 30;
const OPTIONS: readonly string[] = [
  "platform",
  "referrers",
  "concurrency",
  "chunkBytes",
  "signal",
  "onProgress",
] satisfies (keyof CopyOptions)[];
/** Indexes inside of indexes that are followed to a platform: build tools nest them once. */
const MAX_INDEX_DEPTH = 4;

/** What a target says of a manifest that it lacks, or that we may push but not read. */
const ABSENT = [
  "ERR_REGISTRY_NOT_FOUND",
  "ERR_REGISTRY_FORBIDDEN",
  "ERR_REGISTRY_UNAUTHORIZED",
  "ERR_BLOB_NOT_FOUND",
  "ERR_IMAGE_NOT_FOUND",
  "ERR_SOURCE_UNSUPPORTED",
] as const;

/** What has become of one blob or manifest. */
export interface CopyProgress {
  readonly descriptor: Descriptor;
  /** Bytes that have gone to the target so far. */
  readonly bytes: number;
  /** How it came there; `undefined` while it is under way. */
  readonly outcome?: BlobOutcome;
}

/** Options of {@link copy}. */
export interface CopyOptions {
  /** Copies this platform's manifest alone, in place of a whole index. Default: all of it. */
  readonly platform?: Platform | string;
  /** Copies what refers to the manifests as well: signatures, bills of materials. Default false. */
  readonly referrers?: boolean;
  /** Blobs, and manifests, copied at once; from 1 to 16, within one registry at most 4. Default 4. */
  readonly concurrency?: number;
  /** Sends blobs in pieces of this many bytes, see `PushBlobOptions`. Default: as the target does it. */
  readonly chunkBytes?: number;
  /** Ends the copy with the signal's reason. Default: none. */
  readonly signal?: AbortSignal;
  /** Called as bytes go out, and once for each blob and manifest that is there. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** What {@link copy} has done. */
export interface CopyResult {
  /** What the target's tag points to now: the root of what was copied. */
  readonly descriptor: Descriptor;
  /** Manifests and indexes by what became of them; none is ever mounted. */
  readonly manifests: Readonly<Record<BlobOutcome, number>>;
  /** Configs, layers and other blobs, each counted once. */
  readonly blobs: Readonly<Record<BlobOutcome, number>>;
  /** Bytes of the blobs that were sent. */
  readonly pushedBytes: number;
}

/**
 * Copies an image, an index with all its images, or any other artifact, between registries and layout
 * folders.
 *
 * Blobs go first and the root last, so the target's tag never points to something that is not whole.
 * Sizes and digests are verified while the bytes stream through; no blob is held in memory. What the target
 * has is not sent again, and within one registry blobs are mounted. The digest stays the same.
 *
 * @param reference - tag or digest in the source
 * @param targetReference - tag or digest in the target. Default: as in the source; with `platform`, and
 *   a digest of an index in the source, the chosen manifest's digest
 * @throws SafedockError `ERR_DIGEST_MISMATCH`, `ERR_SIZE_MISMATCH`, `ERR_MANIFEST_INVALID`,
 *   `ERR_PLATFORM_NOT_FOUND`, `ERR_OPTIONS_INVALID`, and the codes of both repositories
 * @example
 * ```ts
 * await using source = openRegistry("ghcr.io");
 * await using target = openRegistry("registry.example");
 * const { descriptor, blobs } = await copy(
 *   source.repository("acme/hello"), "1.2",
 *   target.repository("mirror/hello"), "1.2",
 * );
 * console.log(descriptor.digest, blobs.pushed, blobs.existing);
 * ```
 */
export async function copy(
  source: ReadableRepository & Partial<ReferrersLister>,
  reference: string,
  target: WritableRepository,
  targetReference?: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  checkCopyOptions(options);
  const { signal, onProgress } = options;
  const concurrency = concurrencyOf(source, target, options.concurrency);
  signal?.throwIfAborted();
  const root = await findRoot(source, reference, options);
  const name = targetReference ?? (isDigest(reference) ? root.descriptor.digest : reference);
  if (isDigest(name) && name !== root.descriptor.digest) {
    const actual = root.descriptor.digest;
    throw new SafedockError("ERR_DIGEST_MISMATCH", `${reference} is ${actual}, not ${name}`, {
      data: { expected: name, actual },
      hint: "name a tag for the target",
    });
  }
  const graph = await collectGraph(source, root, {
    ...{ concurrency, signal },
    referrers: options.referrers ?? false,
  });
  const blobs = counts();
  const manifests = counts();
  let pushedBytes = 0;
  const mountFrom = neighbour(source, target);
  await concurrently([...graph.blobs.values()], concurrency, signal, async (blob, inner) => {
    const outcome = await target.pushBlob(blob, () => openBlob(source, blob, inner), {
      signal: inner,
      onProgress: (bytes) => onProgress?.({ descriptor: blob, bytes }),
      ...(mountFrom === undefined ? {} : { mountFrom }),
      ...(options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes }),
    });
    blobs[outcome]++;
    const bytes = outcome === "pushed" ? blob.size : 0;
    pushedBytes += bytes;
    onProgress?.({ descriptor: blob, bytes, outcome });
  });
  const put = async (manifest: GraphManifest, call: { readonly signal?: AbortSignal }) => {
    const outcome = await putManifest(target, manifest, call);
    manifests[outcome]++;
    const { descriptor, bytes } = manifest;
    onProgress?.({ descriptor, bytes: outcome === "pushed" ? bytes.byteLength : 0, outcome });
  };
  for (const wave of inWaves(graph)) {
    await concurrently(wave, concurrency, signal, (manifest, inner) =>
      put(manifest, { signal: inner }),
    );
  }
  if (!isDigest(name)) {
    const { descriptor, bytes } = root;
    const call = signal === undefined ? {} : { signal };
    await target.pushManifest(name, { mediaType: descriptor.mediaType, bytes }, call);
  }
  return { descriptor: root.descriptor, manifests, blobs, pushedBytes };
}

/** The manifest or index that a reference leads to, or the one of a platform in it. */
async function findRoot(
  source: ReadableRepository,
  reference: string,
  { platform, signal }: CopyOptions,
): Promise<FetchedManifest> {
  const call = signal === undefined ? {} : { signal };
  let current = named(await source.fetchManifest(reference, call));
  if (platform === undefined) return current;
  for (let depth = 0; ; depth++) {
    const parsed = parseManifest(current.bytes, current.descriptor.mediaType, { anyLayers: true });
    if (parsed.kind === "manifest") return current;
    if (depth === MAX_INDEX_DEPTH) {
      const problem = `its indexes lie in more than ${MAX_INDEX_DEPTH} others`;
      throw new SafedockError("ERR_MANIFEST_INVALID", `The image cannot be found: ${problem}`, {
        data: { problem },
      });
    }
    const { mediaType, digest, size } = selectPlatform(parsed, platform);
    current = await fetchChild(source, { mediaType, digest, size }, signal);
  }
}

/** With the media type that the bytes have, where a source does not say it. */
function named({ descriptor, bytes }: FetchedManifest): FetchedManifest {
  const { mediaType } = parseManifest(bytes, descriptor.mediaType, { anyLayers: true });
  const { digest, size } = descriptor;
  return { descriptor: { mediaType, digest, size }, bytes: verifyBytes(bytes, { digest, size }) };
}

async function putManifest(
  target: WritableRepository,
  { descriptor, bytes }: GraphManifest,
  call: { readonly signal?: AbortSignal },
): Promise<BlobOutcome> {
  const { digest, mediaType } = descriptor;
  try {
    await target.resolve(digest, call);
    return "existing";
  } catch (error) {
    if (!ABSENT.some((code) => isSafedockError(error, code))) throw error;
  }
  await target.pushManifest(digest, { mediaType, bytes }, call);
  return "pushed";
}

async function* openBlob(
  source: ReadableRepository,
  blob: Descriptor,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { stream } = await source.fetchBlob(blob, { signal });
  yield* stream;
}

/** The source's path, where both are repositories of one registry. */
function neighbour(source: ReadableRepository, target: WritableRepository): string | undefined {
  const from = source.address;
  const to = target.address;
  if (from === undefined || from.registry !== to?.registry) return undefined;
  return from.repository === to.repository ? undefined : from.repository;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
function checkCopyOptions(options: CopyOptions): void {
  throwProblems("copy options", unknownOptions("", options, OPTIONS));
  const { concurrency = DEFAULT_CONCURRENCY, chunkBytes = MAX_CHUNK_BYTES, platform } = options;
  const problems: string[] = [];
  if (!Number.isSafeInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    problems.push(`concurrency: must be a whole number from 1 to ${MAX_CONCURRENCY}`);
  }
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1 || chunkBytes > MAX_CHUNK_BYTES) {
    problems.push(`chunkBytes: must be a whole number from 1 to ${MAX_CHUNK_BYTES}`);
  }
  throwProblems("copy options", problems);
  // Also where there is no index to take it from.
  if (typeof platform === "string") parsePlatform(platform);
}

function concurrencyOf(
  source: ReadableRepository,
  target: WritableRepository,
  wanted: number = DEFAULT_CONCURRENCY,
): number {
  const from = source.address?.registry;
  const isWithin = from !== undefined && from === target.address?.registry;
  return isWithin ? Math.min(wanted, MAX_CONCURRENCY_WITHIN) : wanted;
}

function counts(): Record<BlobOutcome, number> {
  return { existing: 0, mounted: 0, pushed: 0 };
}

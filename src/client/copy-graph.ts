import { SafedockError } from "../base/errors.js";
import { concurrently } from "../base/concurrently.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { parseManifest } from "../oci/manifest.js";
import { isForeignLayer, isIndexMediaType, isManifestMediaType } from "../oci/media-types.js";
import type { FetchedManifest, ReadableRepository, ReferrersLister } from "../oci/repository.js";
import { verifyBytes } from "../oci/verify-blob.js";

/** Most manifests and indexes of one copy: the largest official images have about 30, with attestations. */
const MAX_MANIFESTS = 2048;
/** Most bytes of all of them together, held in memory while they are copied: about 2 KB each is usual. */
const MAX_MANIFEST_TOTAL_BYTES = 64 * 2 ** 20;
/** Most blobs of one copy: a Spin application has up to 500 for each of its versions. */
const MAX_BLOBS = 16_384;
/** Indexes inside of indexes, and referrers of referrers: build tools nest them two or three deep. */
const MAX_DEPTH = 8;

/** A manifest or index, and how far it is above those that name nothing but blobs. */
export interface GraphManifest extends FetchedManifest {
  /** Manifests that must be there before: those that an index names, and the subject. */
  readonly before: readonly Digest[];
}

/** All that is to be copied, each of it once. */
export interface CopyGraph {
  readonly manifests: ReadonlyMap<Digest, GraphManifest>;
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
}

export interface CollectOptions {
  /** Manifests fetched at once. */
  readonly concurrency: number;
  /** Also what refers to them: signatures, bills of materials. */
  readonly referrers: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches all manifests below a root, and lists their blobs. What is nested deeper, is more, or is larger
 * than any real image ends in `ERR_MANIFEST_INVALID`; each digest is visited once, so nothing loops.
 */
export async function collectGraph(
  source: ReadableRepository & Partial<ReferrersLister>,
  root: FetchedManifest,
  options: CollectOptions,
): Promise<CopyGraph> {
  const { signal } = options;
  const manifests = new Map<Digest, GraphManifest>();
  const blobs = new Map<Digest, Descriptor>();
  const seen = new Set<Digest>([root.descriptor.digest]);
  let bytes = 0;
  let level: FetchedManifest[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw tooMuch(`manifests lie in more than ${MAX_DEPTH} others`);
    const next: Descriptor[] = [];
    for (const manifest of level) {
      bytes += manifest.bytes.byteLength;
      if (bytes > MAX_MANIFEST_TOTAL_BYTES) {
        throw tooMuch(`its manifests have more than ${MAX_MANIFEST_TOTAL_BYTES} bytes together`);
      }
      const parts = partsOf(manifest);
      const { digest } = manifest.descriptor;
      manifests.set(digest, { ...manifest, before: parts.before });
      for (const blob of parts.blobs) blobs.set(blob.digest, blob);
      if (blobs.size > MAX_BLOBS) throw tooMuch(`it has more than ${MAX_BLOBS} blobs`);
      const referring = options.referrers ? await referrersOf(source, digest, signal) : [];
      for (const child of [...parts.manifests, ...referring]) {
        if (seen.has(child.digest)) continue;
        seen.add(child.digest);
        next.push(child);
      }
      if (seen.size > MAX_MANIFESTS) throw tooMuch(`it has more than ${MAX_MANIFESTS} manifests`);
    }
    level = await concurrently(next, options.concurrency, signal, (child, inner) =>
      fetchChild(source, child, inner),
    );
  }
  return { manifests, blobs };
}

/** The manifests in waves: all of one can be pushed at once, when those of the waves before are there. */
export function inWaves({ manifests }: CopyGraph): GraphManifest[][] {
  const waves: GraphManifest[][] = [];
  const done = new Set<Digest>();
  let rest = [...manifests.values()];
  while (rest.length > 0) {
    const isReady = ({ before }: GraphManifest) =>
      before.every((digest) => done.has(digest) || !manifests.has(digest));
    const ready = rest.filter(isReady);
    // Digests cannot name each other in a circle, unless a source lies about what it fetched.
    if (ready.length === 0) throw tooMuch("its manifests name each other in a circle");
    waves.push(ready);
    for (const { descriptor } of ready) done.add(descriptor.digest);
    rest = rest.filter((manifest) => !done.has(manifest.descriptor.digest));
  }
  return waves;
}

/** Fetches a manifest that another one names; what is said of it there must be so. */
export async function fetchChild(
  source: ReadableRepository,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  const call = signal === undefined ? {} : { signal };
  const { bytes } = await source.fetchManifest(descriptor.digest, call);
  return { descriptor, bytes: verifyBytes(bytes, descriptor) };
}

function partsOf({ bytes, descriptor }: FetchedManifest): {
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly Descriptor[];
  readonly before: readonly Digest[];
} {
  const parsed = parseManifest(bytes, descriptor.mediaType, { anyLayers: true });
  const subject = parsed.subject === undefined ? [] : [parsed.subject.digest];
  if (parsed.kind === "manifest") {
    // The bytes of foreign layers are in no registry.
    const layers = parsed.layers.filter(({ mediaType }) => !isForeignLayer(mediaType));
    return { manifests: [], blobs: [parsed.config, ...layers], before: subject };
  }
  const isManifest = ({ mediaType }: Descriptor) =>
    isManifestMediaType(mediaType) || isIndexMediaType(mediaType);
  const manifests = parsed.manifests.filter(isManifest);
  // An index may name blobs as well: caches of BuildKit do.
  const blobs = parsed.manifests.filter((entry) => !isManifest(entry));
  return { manifests, blobs, before: [...subject, ...manifests.map(({ digest }) => digest)] };
}

async function referrersOf(
  source: Partial<ReferrersLister>,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const call = signal === undefined ? {} : { signal };
  return (await source.listReferrers?.(digest, call)) ?? [];
}

function tooMuch(problem: string): SafedockError {
  return new SafedockError("ERR_MANIFEST_INVALID", `The image cannot be copied: ${problem}`, {
    data: { problem },
  });
}

import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type { Descriptor } from "../oci/descriptor.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { parseManifest, type ImageIndex, type Manifest } from "../oci/manifest.js";
import { isForeignLayer } from "../oci/media-types.js";
import type {
  BlobContent,
  BlobId,
  BlobOutcome,
  CallOptions,
  FetchBlobOptions,
  FetchedBlob,
  FetchedManifest,
  ManifestContent,
  ManifestDeleter,
  PushBlobOptions,
  ReadableRepository,
  ReferrersLister,
  ReferrersOptions,
  TagLister,
  WritableRepository,
} from "../oci/repository.js";
import { checkReferencePart } from "../oci/reference.js";
import { chooseImage, indexOf } from "./choose-image.js";
import { REF_NAME } from "./image-names.js";
import { missing, openBlob, putBlob, sizeOfBlob } from "./layout-blobs.js";
import { changeIndex, checkLayout, createLayout, readIndex } from "./layout-index.js";
import { describeManifest, manifestId, readManifest } from "./layout-manifests.js";

/** Options of {@link openLayout}. */
export interface OpenLayoutOptions {
  /** Makes the folder, and a layout in it, when there is none. Default false. */
  readonly create?: boolean;
}

/**
 * A folder with images (OCI image specification, "Image Layout"), read and written as a registry's
 * repository is. Its tags are the names in `index.json` (`org.opencontainers.image.ref.name`).
 *
 * - a blob is written beside its place, verified, then moved there
 * - `index.json` is replaced as a whole; processes that change it at the same time wait for each other
 * - what was pushed by digest alone is listed there without a name, until an index names it
 *
 * Codes of all calls: `ERR_SOURCE_UNSUPPORTED` (no such tag, or no layout any more), `ERR_BLOB_NOT_FOUND`,
 * `ERR_BLOB_TOO_LARGE`, `ERR_SIZE_MISMATCH`, `ERR_DIGEST_MISMATCH`, `ERR_MANIFEST_INVALID`,
 * `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`, and `signal.reason` untouched.
 */
export class LayoutFolder
  implements ReadableRepository, WritableRepository, TagLister, ReferrersLister, ManifestDeleter
{
  /** @internal */
  constructor(
    /** Path of the folder, as it was given. */
    readonly folder: string,
  ) {}

  /** Where a tag or digest points. */
  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    return (await this.fetchManifest(tagOrDigest, options)).descriptor;
  }

  /** A manifest or index by tag or digest. A name that several entries have is an index of these. */
  async fetchManifest(tagOrDigest: string, options: CallOptions = {}): Promise<FetchedManifest> {
    options.signal?.throwIfAborted();
    const entries = await readIndex(this.folder);
    if (isDigest(tagOrDigest)) {
      const listed = entries.find(({ digest }) => digest === tagOrDigest);
      return readManifest(this.folder, listed ?? { digest: tagOrDigest });
    }
    const image = chooseImage(this.folder, entries, tagOrDigest);
    const [entry, ...others] = image.entries;
    return others.length > 0 ? indexOf(image) : readManifest(this.folder, entry);
  }

  /** Opens a blob; its bytes are not verified, see `verifyBlob`. */
  async fetchBlob(blob: BlobId, options: FetchBlobOptions = {}): Promise<FetchedBlob> {
    return openBlob(this.folder, blob, options);
  }

  /** Tells whether the folder has a blob. */
  async hasBlob(blob: Pick<BlobId, "digest">): Promise<boolean> {
    return (await sizeOfBlob(this.folder, blob.digest)) !== undefined;
  }

  /** Writes a blob unless it is there. */
  async pushBlob(
    blob: BlobId,
    content: BlobContent,
    options: PushBlobOptions = {},
  ): Promise<BlobOutcome> {
    return putBlob(this.folder, blob, content, options);
  }

  /** Writes a manifest or index, and names it in `index.json`; what it names must be there before. */
  async pushManifest(
    tagOrDigest: string,
    manifest: ManifestContent,
    { signal }: CallOptions = {},
  ): Promise<Descriptor> {
    checkReferencePart("tag or digest", tagOrDigest);
    const parsed = parseManifest(manifest.bytes, manifest.mediaType, { anyLayers: true });
    const id = manifestId(manifest, isDigest(tagOrDigest) ? tagOrDigest : undefined);
    await this.#checkParts(parsed);
    await putBlob(this.folder, id, manifest.bytes, signal === undefined ? {} : { signal });
    const descriptor = { mediaType: parsed.mediaType, ...id };
    const children = new Set(parsed.kind === "index" ? parsed.manifests.map(digestOf) : []);
    await changeIndex(this.folder, signal, (entries) => {
      const isListed = entries.some(({ digest }) => digest === id.digest);
      const tag = isDigest(tagOrDigest) ? undefined : tagOrDigest;
      const keep = (entry: Descriptor): boolean => {
        const name = entry.annotations?.[REF_NAME];
        if (name === undefined && children.has(entry.digest)) return false;
        if (tag === undefined) return true;
        // The name moves; an entry without one becomes this one.
        return name !== tag && (name !== undefined || entry.digest !== id.digest);
      };
      if (tag !== undefined) {
        return { keep, added: [{ ...descriptor, annotations: { [REF_NAME]: tag } }] };
      }
      return { keep, added: isListed ? [] : [descriptor] };
    });
    return descriptor;
  }

  /** The names of `index.json`, each once, in its order. */
  async listTags({ signal }: CallOptions = {}): Promise<string[]> {
    signal?.throwIfAborted();
    const names = (await readIndex(this.folder)).map(({ annotations }) => annotations?.[REF_NAME]);
    return [...new Set(names.filter((name) => name !== undefined && name !== ""))] as string[];
  }

  /** The manifests of `index.json` that name this digest as their subject. */
  async listReferrers(
    digest: Digest,
    { artifactType, signal }: ReferrersOptions = {},
  ): Promise<Descriptor[]> {
    const found = new Map<Digest, Descriptor>();
    for (const entry of await readIndex(this.folder)) {
      signal?.throwIfAborted();
      const described = await describeManifest(this.folder, entry);
      if (described?.subject !== digest) continue;
      const { referrer } = described;
      if (artifactType === undefined || referrer.artifactType === artifactType) {
        found.set(referrer.digest, referrer);
      }
    }
    return [...found.values()];
  }

  /** Takes a tag, or all entries of a digest, out of `index.json`. Blobs stay. */
  async deleteManifest(tagOrDigest: string, { signal }: CallOptions = {}): Promise<void> {
    checkReferencePart("tag or digest", tagOrDigest);
    await changeIndex(this.folder, signal, (entries) => {
      const isMeant = ({ digest, annotations }: Descriptor) =>
        digest === tagOrDigest || annotations?.[REF_NAME] === tagOrDigest;
      if (!entries.some(isMeant)) {
        if (isDigest(tagOrDigest)) throw missing(tagOrDigest);
        chooseImage(this.folder, [], tagOrDigest);
      }
      return { keep: (entry) => !isMeant(entry), added: [] };
    });
  }

  async #checkParts(parsed: Manifest | ImageIndex): Promise<void> {
    const parts = parsed.kind === "index" ? parsed.manifests : [parsed.config, ...parsed.layers];
    for (const { digest, mediaType } of parts) {
      if (!isForeignLayer(mediaType) && !(await this.hasBlob({ digest }))) throw missing(digest);
    }
  }
}

/**
 * Opens a layout folder to read and write images in it.
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` when the folder is no layout
 * @example
 * ```ts
 * const layout = await openLayout("./images", { create: true });
 * await using registry = openRegistry("ghcr.io");
 * await copy(registry.repository("acme/hello"), "1.2", layout);
 * console.log(await layout.listTags());
 * ```
 */
export async function openLayout(
  folder: string,
  options: OpenLayoutOptions = {},
): Promise<LayoutFolder> {
  throwProblems("layout options", unknownOptions("", options, ["create"]));
  if (options.create === true) await createLayout(folder);
  await checkLayout(folder);
  return new LayoutFolder(folder);
}

function digestOf({ digest }: Descriptor): Digest {
  return digest;
}

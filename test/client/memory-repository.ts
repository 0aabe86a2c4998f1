import { createHash } from "node:crypto";
import { SafedockError } from "../../src/base/errors.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { Digest } from "../../src/oci/digest.js";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../src/oci/media-types.js";
import type {
  BlobContent,
  BlobId,
  BlobOutcome,
  FetchedBlob,
  FetchedManifest,
  ManifestContent,
  PushBlobOptions,
  ReadableRepository,
  ReferrersLister,
  WritableRepository,
} from "../../src/oci/repository.js";
import { verifyBlob, verifyBytes } from "../../src/oci/verify-blob.js";

/** A repository of a few Maps, which does as it is told: also what no registry would. */
export class MemoryRepository implements ReadableRepository, WritableRepository, ReferrersLister {
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly manifests = new Map<Digest, FetchedManifest>();
  readonly tags = new Map<string, Digest>();
  readonly referrers = new Map<Digest, Descriptor[]>();
  /** What was asked and pushed, in order. */
  readonly calls: string[] = [];
  /** Most blobs that were being read at once. */
  mostOpen = 0;
  #open = 0;

  add(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** An image of some layers, and what else its manifest has. */
  image(layers: readonly string[], extra: object = {}): Descriptor {
    const config = this.add(OCI_CONFIG, Buffer.from(`{"layers":${layers.length}}`));
    const content = layers.map((text) => this.add(OCI_LAYER, Buffer.from(text)));
    return this.document({ mediaType: OCI_MANIFEST, config, layers: content, ...extra });
  }

  index(manifests: readonly Descriptor[], extra: object = {}): Descriptor {
    return this.document({ mediaType: OCI_INDEX, manifests, ...extra });
  }

  document(content: { readonly mediaType: string } & Record<string, unknown>): Descriptor {
    const { mediaType } = content;
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...content }));
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
    this.manifests.set(descriptor.digest, { descriptor, bytes });
    return descriptor;
  }

  async resolve(name: string): Promise<Descriptor> {
    return (await this.fetchManifest(name)).descriptor;
  }

  async fetchManifest(name: string): Promise<FetchedManifest> {
    this.calls.push(`fetch ${name}`);
    const found = this.manifests.get(this.tags.get(name) ?? (name as Digest));
    if (found === undefined) throw absent(name);
    return Promise.resolve(found);
  }

  async fetchBlob({ digest, size }: BlobId): Promise<FetchedBlob> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw absent(digest);
    return Promise.resolve({ stream: this.#read(bytes), size });
  }

  async hasBlob({ digest }: Pick<BlobId, "digest">): Promise<boolean> {
    return Promise.resolve(this.blobs.has(digest));
  }

  async pushBlob(
    blob: BlobId,
    content: BlobContent,
    { signal }: PushBlobOptions = {},
  ): Promise<BlobOutcome> {
    if (this.blobs.has(blob.digest)) return "existing";
    const chunks: Uint8Array[] = [];
    if (typeof content === "function") {
      for await (const chunk of verifyBlob(content(), blob)) {
        signal?.throwIfAborted();
        chunks.push(chunk);
      }
    } else {
      chunks.push(verifyBytes(content, blob));
    }
    this.calls.push(`blob ${blob.digest}`);
    this.blobs.set(blob.digest, Buffer.concat(chunks));
    return "pushed";
  }

  async pushManifest(name: string, { mediaType, bytes }: ManifestContent): Promise<Descriptor> {
    const digest = sha256(bytes);
    this.calls.push(`manifest ${name}`);
    const descriptor = { mediaType, digest, size: bytes.byteLength };
    this.manifests.set(digest, { descriptor, bytes });
    if (name !== digest) this.tags.set(name, digest);
    return Promise.resolve(descriptor);
  }

  async listReferrers(digest: Digest): Promise<Descriptor[]> {
    return Promise.resolve(this.referrers.get(digest) ?? []);
  }

  async *#read(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    this.#open++;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    try {
      await new Promise((resolve) => setTimeout(resolve, 2));
      yield bytes;
    } finally {
      this.#open--;
    }
  }
}

export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function absent(digest: string): SafedockError {
  return new SafedockError("ERR_BLOB_NOT_FOUND", `there is no ${digest}`, { data: { digest } });
}

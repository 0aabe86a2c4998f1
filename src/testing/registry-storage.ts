import { createHash, randomUUID } from "node:crypto";
import { digestAlgorithm, type Digest } from "../oci/digest.js";
import type { ImageFixture } from "./wasm-image.js";

export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** One repository of the in-process registry. */
export interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  /** Digests by tag. */
  readonly tags: Map<string, Digest>;
  /** What has come of each upload, by its number. */
  readonly uploads: Map<string, Uint8Array[]>;
}

/** What the in-process registry holds, all of it in memory. */
export class RegistryStorage {
  private readonly repositories = new Map<string, Repository>();

  find(name: string): Repository | undefined {
    return this.repositories.get(name);
  }

  open(name: string): Repository {
    let repository = this.repositories.get(name);
    if (repository === undefined) {
      repository = {
        blobs: new Map(),
        manifests: new Map(),
        tags: new Map(),
        uploads: new Map(),
      };
      this.repositories.set(name, repository);
    }
    return repository;
  }

  /** Stores an image with all that belongs to it. */
  add(name: string, image: ImageFixture): void {
    const repository = this.open(name);
    for (const [digest, bytes] of image.blobs) repository.blobs.set(digest, bytes);
    for (const listed of image.images) this.add(name, listed);
    const { descriptor, bytes } = image.manifest;
    const { mediaType, digest } = descriptor;
    repository.manifests.set(digest, { mediaType, digest, bytes });
  }
}

export function beginUpload(repository: Repository): string {
  const id = randomUUID();
  repository.uploads.set(id, []);
  return id;
}

/** The digest of some bytes by the algorithm of another digest. */
export function digestLike(like: Digest, bytes: Uint8Array): Digest {
  const algorithm = digestAlgorithm(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

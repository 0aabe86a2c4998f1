import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { NewEntry } from "../layer/new-entry.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import type { Manifest } from "../oci/manifest.js";

/** Content that an archive gets: on disk in a store, or in memory. */
export interface SavedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** An image as it goes into a folder or an archive. */
export interface SavedImage {
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** Full references under which it is saved; none: it can be found by its digest alone. */
  readonly references: readonly string[];
  /** The manifest, the config and the layers, as they came. */
  readonly blobs: readonly SavedBlob[];
  /** What `docker save` has of it; undefined where it is no image of tars. */
  readonly docker: DockerParts | undefined;
}

/** Parts of a `docker save` archive. */
export interface DockerParts {
  readonly config: SavedBlob;
  /** Uncompressed tars by their DiffIDs, the lowest first. */
  readonly layers: readonly SavedBlob[];
}

/** A file of an archive, the same bytes whoever writes it and when. */
export function archiveFile(path: string, content: Uint8Array | SavedBlob): NewEntry {
  const base = { type: "file", path: `/${path}`, mode: 0o644, mtime: 0n } as const;
  if (!(content instanceof Uint8Array)) {
    return { ...base, size: content.size, content: () => verifiedContent(content) };
  }
  return { ...base, size: content.byteLength, content: () => once(content) };
}

export function archiveFolder(path: string): NewEntry {
  return { type: "directory", path: `/${path}`, mode: 0o755, mtime: 0n };
}

/** A store may be damaged: an archive must not carry that on. */
export async function* verifiedContent({
  digest,
  size,
  open,
}: SavedBlob): AsyncGenerator<Uint8Array> {
  const hash = createHash(digestAlgorithm(digest));
  let bytes = 0;
  for await (const chunk of open()) {
    bytes += chunk.byteLength;
    if (bytes > size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (bytes === size && hash.digest("hex") === digestHex(digest)) return;
  throw new SafedockError("ERR_STORE_INVALID", `The stored blob ${digest} is damaged`, {
    data: { path: digest },
    hint: "pull or load the image again",
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

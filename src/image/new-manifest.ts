import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { bytesSource } from "../content/blob-source.js";
import type { ContentStore } from "../content/content-store.js";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { parseManifest } from "../oci/manifest.js";
import { OCI_MANIFEST } from "../oci/media-types.js";
import type { FoundManifest } from "./find-manifest.js";
import type { ImageSource } from "./image-source.js";

/** A manifest that is not in the store yet, with what its blobs come from. */
export interface NewManifest {
  readonly found: FoundManifest;
  readonly source: ImageSource;
}

/** A new blob in a host file. */
export interface BlobFile {
  readonly digest: Digest;
  readonly path: string;
}

/**
 * A manifest of these blobs (OCI image specification 1.1). Members stand in a fixed order and annotations
 * in that of their names: the same blobs give the same bytes.
 *
 * @param files - the blobs that are new; all others are in the store
 * @throws SafedockError `ERR_MANIFEST_INVALID` if it is too large
 */
export function newManifest(
  content: ContentStore,
  config: { readonly mediaType: string; readonly bytes: Uint8Array },
  layers: readonly Descriptor[],
  annotations: ReadonlyMap<string, string>,
  files: readonly BlobFile[],
): NewManifest {
  const configBlob = { mediaType: config.mediaType, ...digestOf(config.bytes) };
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: configBlob,
      layers,
      ...(annotations.size === 0 ? {} : { annotations: sortedRecord(annotations) }),
    }),
  );
  const manifest = parseManifest(bytes, OCI_MANIFEST);
  if (manifest.kind !== "manifest") throw new TypeError("a manifest with layers is no index");
  const descriptor = { mediaType: OCI_MANIFEST, ...digestOf(bytes) };
  const paths = new Map(files.map(({ digest, path }) => [digest, path]));
  return {
    found: { descriptor, bytes, manifest, platform: undefined },
    source: {
      manifest: (digest) => Promise.reject(missing(digest)),
      blob: ({ digest }) => {
        if (digest === configBlob.digest) return bytesSource(config.bytes);
        const path = paths.get(digest);
        return path === undefined ? () => content.openRead(digest) : () => fileChunks(path);
      },
    },
  };
}

/** An object with its names in order, whatever they are called. */
export function sortedRecord(entries: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

function digestOf(bytes: Uint8Array): Pick<Descriptor, "digest" | "size"> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  return { digest: `sha256:${hex}`, size: bytes.byteLength };
}

function missing(digest: Digest): SafedockError {
  return new SafedockError("ERR_BLOB_NOT_FOUND", `There is no manifest ${digest}`, {
    data: { digest },
  });
}

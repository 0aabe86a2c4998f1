import { gzipSync } from "node:zlib";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SafedockError } from "../../src/base/errors.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { Digest } from "../../src/oci/digest.js";
import {
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/oci/media-types.js";
import type { BlobFetcher, ManifestFetcher } from "../../src/oci/repository.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";

/** The smallest core module, and a component without content. */
export const CORE = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
export const COMPONENT = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

/** Bytes by digest, as a registry or a layout folder holds them. */
export class Blobs {
  readonly bytes = new Map<Digest, Uint8Array>();

  add(mediaType: string, content: Uint8Array | object, extra: object = {}): Descriptor {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
    const digest = sha256(bytes);
    this.bytes.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength, ...extra };
  }

  manifest(config: Descriptor, layers: readonly Descriptor[], extra: object = {}): Descriptor {
    const content = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, ...extra };
    return this.add(OCI_MANIFEST, content);
  }

  index(manifests: readonly Descriptor[]): Descriptor {
    return this.add(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  }
}

export interface ImageFixture {
  readonly layers: readonly (readonly TarFixtureEntry[])[];
  /** `config` of the image config. */
  readonly config?: object;
  readonly os?: string;
  readonly architecture?: string;
  readonly compress?: boolean;
}

/** Adds an ordinary image; its manifest's descriptor. */
export function addImage(blobs: Blobs, image: ImageFixture): Descriptor {
  const tars = image.layers.map((entries) => makeTar(entries));
  const config = blobs.add(OCI_CONFIG, {
    os: image.os ?? "wasi",
    architecture: image.architecture ?? "wasm",
    config: image.config ?? {},
    rootfs: { type: "layers", diff_ids: tars.map(sha256) },
  });
  const layers = tars.map((tar) =>
    image.compress === false ? blobs.add(OCI_LAYER, tar) : blobs.add(OCI_LAYER_GZIP, gzipSync(tar)),
  );
  return blobs.manifest(config, layers);
}

export const HELLO: ImageFixture = {
  layers: [[{ name: "hello.wasm", data: CORE, mode: 0o755 }]],
  config: { Entrypoint: ["/hello.wasm"], Cmd: ["--name", "Ada"] },
};

/** A registry whose repositories are all the same one: itself. */
export interface FakeRegistry extends ManifestFetcher, BlobFetcher {
  repository(): ManifestFetcher & BlobFetcher;
  /** Every call, in order: `manifest <tag or digest>`, `blob <digest>`. */
  readonly calls: string[];
  /** Bytes sent in place of a blob's own. */
  readonly tampered: Map<Digest, AsyncIterable<Uint8Array> | Uint8Array>;
}

/** A registry in memory, with one tag. */
export function fakeRegistry(blobs: Blobs, latest: Descriptor): FakeRegistry {
  const calls: string[] = [];
  const tampered = new Map<Digest, AsyncIterable<Uint8Array> | Uint8Array>();
  const bytesOf = (digest: Digest): Uint8Array => {
    const bytes = blobs.bytes.get(digest);
    if (bytes === undefined) {
      throw new SafedockError("ERR_BLOB_NOT_FOUND", "not there", { data: { digest } });
    }
    return bytes;
  };
  return {
    calls,
    tampered,
    repository() {
      return this;
    },
    fetchManifest: async (tagOrDigest) => {
      calls.push(`manifest ${tagOrDigest}`);
      const isLatest = tagOrDigest === "latest" || tagOrDigest === latest.digest;
      const digest = isLatest ? latest.digest : (tagOrDigest as Digest);
      const bytes = bytesOf(digest);
      const mediaType = isLatest ? latest.mediaType : "application/octet-stream";
      return Promise.resolve({ descriptor: { mediaType, digest, size: bytes.byteLength }, bytes });
    },
    fetchBlob: async ({ digest, size }) => {
      calls.push(`blob ${digest}`);
      const bytes = tampered.get(digest) ?? bytesOf(digest);
      const stream = bytes instanceof Uint8Array ? once(bytes) : bytes;
      return Promise.resolve({ stream, size });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Writes a layout folder; each descriptor becomes an entry of its index.json. */
export async function writeLayout(
  folder: string,
  blobs: Blobs,
  manifests: readonly Descriptor[],
): Promise<void> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  for (const [digest, bytes] of blobs.bytes) {
    await writeFile(join(folder, "blobs", "sha256", digest.slice(7)), bytes);
  }
}

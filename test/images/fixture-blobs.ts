import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ImageFixture } from "safedock/testing";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { Digest } from "../../src/oci/digest.js";
import { OCI_MANIFEST } from "../../src/oci/media-types.js";
import { openRegistry } from "../../src/registry/registry.js";
import { sha256 } from "../layer/tar-fixture.js";

/** Prints its arguments and environment; see test/guests/c/tools. */
export const hello = guest("hello");
export const env = guest("env");

function guest(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../guests/c/tools/${name}.wasm`, import.meta.url)));
}

/** Collects the blobs of one image, and makes its manifest. */
export class FixtureBlobs {
  readonly #blobs = new Map<Digest, Uint8Array>();

  add(mediaType: string, content: Uint8Array | object, extra: object = {}): Descriptor {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
    const digest = sha256(bytes);
    this.#blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength, ...extra };
  }

  image(
    config: Descriptor,
    layers: readonly Descriptor[],
    { mediaType = OCI_MANIFEST, ...extra }: { mediaType?: string; [name: string]: unknown } = {},
  ): ImageFixture {
    const content = { schemaVersion: 2, mediaType, config, layers, ...extra };
    const bytes = Buffer.from(JSON.stringify(content));
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
    return { manifest: { descriptor, bytes }, blobs: this.#blobs, images: [] };
  }
}

/** Pushes an image as any client does; its reference. */
export async function pushFixture(
  host: string,
  name: string,
  image: ImageFixture,
): Promise<string> {
  await using registry = openRegistry(host);
  const put = async ({ blobs, images, manifest }: ImageFixture, tag: string): Promise<void> => {
    for (const [digest, bytes] of blobs) {
      await registry.repository(name).pushBlob({ digest, size: bytes.byteLength }, bytes);
    }
    for (const child of images) await put(child, child.manifest.descriptor.digest);
    const { mediaType } = manifest.descriptor;
    await registry.repository(name).pushManifest(tag, { mediaType, bytes: manifest.bytes });
  };
  await put(image, "1");
  return `${host}/${name}:1`;
}

/** Writes an image as an OCI layout folder, with the tag "1". */
export async function writeFixture(folder: string, image: ImageFixture): Promise<void> {
  const { descriptor, bytes } = image.manifest;
  const annotations = { "org.opencontainers.image.ref.name": "1" };
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const index = { schemaVersion: 2, manifests: [{ ...descriptor, annotations }] };
  await writeFile(join(folder, "index.json"), JSON.stringify(index));
  for (const [digest, content] of [...image.blobs, [descriptor.digest, bytes] as const]) {
    await writeFile(join(folder, "blobs", "sha256", digest.slice("sha256:".length)), content);
  }
}

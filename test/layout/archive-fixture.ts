import { gzipSync } from "node:zlib";
import type { Descriptor } from "../../src/oci/descriptor.js";
import { addImage, Blobs, HELLO, type ImageFixture } from "../image/image-fixture.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";

/** The entries of an OCI archive with these images in its index. */
export function ociEntries(blobs: Blobs, manifests: readonly Descriptor[]): TarFixtureEntry[] {
  const files = [...blobs.bytes].map(([digest, data]) => ({
    name: `blobs/sha256/${digest.slice(7)}`,
    data,
  }));
  return [
    { name: "oci-layout", data: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", data: JSON.stringify({ schemaVersion: 2, manifests }) },
    { name: "blobs/", type: "5" },
    { name: "blobs/sha256/", type: "5" },
    ...files,
  ];
}

/** An OCI archive of the image `HELLO`, and its manifest's descriptor. */
export function helloArchive(image: ImageFixture = HELLO): {
  readonly tar: Buffer;
  readonly manifest: Descriptor;
} {
  const blobs = new Blobs();
  const manifest = addImage(blobs, image);
  return { tar: makeTar(ociEntries(blobs, [manifest])), manifest };
}

export interface DockerFixture {
  readonly tags?: readonly string[] | null;
  readonly layers?: readonly (readonly TarFixtureEntry[])[];
  readonly compress?: boolean;
  readonly config?: object;
}

/** Files of a docker archive: `manifest.json`, a config and layers, as skopeo names them. */
export function dockerEntries(images: readonly DockerFixture[]): TarFixtureEntry[] {
  const files = new Map<string, TarFixtureEntry>();
  const listed = images.map(({ tags = null, layers = HELLO.layers, compress, config }) => {
    const tars = layers.map((entries) => makeTar(entries));
    const names = tars.map((tar) => {
      const name = `${sha256(tar).slice(7)}.tar`;
      files.set(name, { name, data: compress === true ? gzipSync(tar) : tar });
      return name;
    });
    const bytes = JSON.stringify({
      os: "wasi",
      architecture: "wasm",
      config: config ?? HELLO.config,
      rootfs: { type: "layers", diff_ids: tars.map(sha256) },
    });
    const name = `${sha256(Buffer.from(bytes)).slice(7)}.json`;
    files.set(name, { name, data: bytes });
    return { Config: name, RepoTags: tags, Layers: names };
  });
  return [...files.values(), { name: "manifest.json", data: JSON.stringify(listed) }];
}

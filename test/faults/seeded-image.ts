import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Descriptor } from "../../src/oci/descriptor.js";
import type { Digest } from "../../src/oci/digest.js";
import { OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP } from "../../src/oci/media-types.js";
import { Blobs, CORE } from "../image/image-fixture.js";
import type { Numbers } from "../hostile/seeded-numbers.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";

/** An image as a registry holds it. */
export interface SeededImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Manifest, config and layers by digest. */
  readonly bytes: ReadonlyMap<Digest, Uint8Array>;
}

/** A small image of one to four layers, plain or gzip, some of them named by sha512. */
export function seededImage(next: Numbers): SeededImage {
  const blobs = new Blobs();
  const tars = Array.from({ length: 1 + next(4) }, (_, layer) => makeTar(layerFiles(layer, next)));
  const config = blobs.add(OCI_CONFIG, {
    os: "wasi",
    architecture: "wasm",
    config: { Entrypoint: ["/hello.wasm"] },
    rootfs: { type: "layers", diff_ids: tars.map(sha256) },
  });
  const layers = tars.map((tar) => {
    const isPlain = next(3) === 0;
    const bytes = isPlain ? tar : gzipSync(tar);
    const descriptor = blobs.add(isPlain ? OCI_LAYER : OCI_LAYER_GZIP, bytes);
    return next(4) === 0 ? withSha512(blobs, descriptor, bytes) : descriptor;
  });
  return { manifest: blobs.manifest(config, layers), config, layers, bytes: blobs.bytes };
}

function layerFiles(layer: number, next: Numbers): TarFixtureEntry[] {
  const files: TarFixtureEntry[] = layer === 0 ? [{ name: "hello.wasm", data: CORE }] : [];
  for (let file = next(5); file >= 0; file--) {
    const data = Buffer.from(Array.from({ length: next(4000) }, () => next(256)));
    files.push({ name: `data/${layer}-${file}.bin`, data });
  }
  return files;
}

function withSha512(blobs: Blobs, descriptor: Descriptor, bytes: Uint8Array): Descriptor {
  const digest: Digest = `sha512:${createHash("sha512").update(bytes).digest("hex")}`;
  blobs.bytes.delete(descriptor.digest);
  blobs.bytes.set(digest, bytes);
  return { ...descriptor, digest };
}

/** Dialects A and A': ordinary images. What `wasmImage` of safedock/testing makes, and odd ones. */
import { gzipSync } from "node:zlib";
import type { ImageFixture } from "safedock/testing";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
} from "../../src/oci/media-types.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";
import { FixtureBlobs } from "./fixture-blobs.js";

export interface TarImage {
  readonly files: readonly TarFixtureEntry[];
  readonly platform?: readonly [os: string, architecture: string];
  /** `config` of the image config. */
  readonly config?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  /** `mixed`: Docker's media types of layers under an OCI config and manifest. */
  readonly dialect?: "oci" | "docker" | "mixed";
}

export function tarImage({ files, dialect = "oci", ...image }: TarImage): ImageFixture {
  const [os, architecture] = image.platform ?? ["wasi", "wasm"];
  const blobs = new FixtureBlobs();
  const tar = makeTar(files);
  const config = blobs.add(dialect === "docker" ? DOCKER_CONFIG : OCI_CONFIG, {
    os,
    architecture,
    config: image.config ?? {},
    rootfs: { type: "layers", diff_ids: [sha256(tar)] },
  });
  const layerType = dialect === "oci" ? OCI_LAYER_GZIP : DOCKER_LAYER_GZIP;
  return blobs.image(config, [blobs.add(layerType, gzipSync(tar))], {
    ...(dialect === "docker" ? { mediaType: DOCKER_MANIFEST } : {}),
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
}

/** Dialect B: an image config over layers that are modules, as runwasi's oci-tar-builder writes it. */
import type { ImageFixture } from "safedock/testing";
import { OCI_CONFIG, OCI_LAYER } from "../../src/oci/media-types.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";
import { FixtureBlobs } from "./fixture-blobs.js";

export const COMPONENT_LAYER = "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm";

export interface ModuleLayers {
  readonly modules: readonly { readonly bytes: Uint8Array; readonly title?: string }[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Default the component layer's. */
  readonly mediaType?: string;
  /** A tar below the modules. */
  readonly files?: readonly TarFixtureEntry[];
  /** A JSON layer behind the modules: its media type. */
  readonly note?: string;
}

export function moduleLayers(image: ModuleLayers): ImageFixture {
  const blobs = new FixtureBlobs();
  const tars = image.files === undefined ? [] : [makeTar(image.files)];
  const layers = [
    ...tars.map((tar) => blobs.add(OCI_LAYER, tar)),
    ...image.modules.map(({ bytes, title }) =>
      blobs.add(
        image.mediaType ?? COMPONENT_LAYER,
        bytes,
        title === undefined ? {} : { annotations: { "org.opencontainers.image.title": title } },
      ),
    ),
    ...(image.note === undefined ? [] : [blobs.add(image.note, {})]),
  ];
  const config = blobs.add(OCI_CONFIG, {
    os: "wasip1",
    architecture: "wasm",
    config: { Entrypoint: image.entrypoint, Cmd: image.cmd },
    rootfs: { type: "layers", diff_ids: tars.map((tar) => sha256(tar)) },
  });
  return blobs.image(config, layers);
}

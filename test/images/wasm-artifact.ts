/** Dialects C, E and F: artifacts with one layer that is the module. */
import { gzipSync } from "node:zlib";
import type { ImageFixture } from "safedock/testing";
import type { Descriptor } from "../../src/oci/descriptor.js";
import { OCI_LAYER_GZIP } from "../../src/oci/media-types.js";
import { makeTar } from "../layer/tar-fixture.js";
import { FixtureBlobs } from "./fixture-blobs.js";

export interface WasmArtifact {
  readonly module: Uint8Array;
  /** `org.opencontainers.image.title` of the layer. */
  readonly title?: string;
}

/** Members of dialect C's config that a test sets itself. */
export type WasmConfig = Readonly<Record<string, unknown>>;

function artifact(
  { module, title }: WasmArtifact,
  configType: string,
  layerType: string,
  config: (layer: Descriptor) => object = () => ({}),
  note?: string,
): ImageFixture {
  const blobs = new FixtureBlobs();
  const annotations = { "org.opencontainers.image.title": title };
  const layer = blobs.add(layerType, module, title === undefined ? {} : { annotations });
  const notes = note === undefined ? [] : [blobs.add(note, { type: "envoy_proxy" })];
  return blobs.image(blobs.add(configType, config(layer)), [...notes, layer]);
}

/** C: what wkg, wash and spin push. */
export function cncfArtifact(image: WasmArtifact, config: WasmConfig = {}): ImageFixture {
  return artifact(
    image,
    "application/vnd.wasm.config.v0+json",
    "application/wasm",
    ({ digest }) => ({
      created: "2026-01-01T00:00:00Z",
      architecture: "wasm",
      os: "wasip2",
      layerDigests: [digest],
      component: { exports: ["wasi:cli/run@0.2.3"], imports: [], target: null },
      ...config,
    }),
  );
}

/** What `oras push` makes of a file without a media type. */
export function orasArtifact(image: WasmArtifact): ImageFixture {
  const layerType = "application/vnd.oci.image.layer.v1.tar";
  return artifact(image, "application/vnd.unknown.config.v1+json", layerType);
}

/** E: wasmCloud before it took over C. */
export function wasmcloudActor(image: WasmArtifact): ImageFixture {
  return artifact(
    image,
    "application/vnd.wasmcloud.actor.archive.config",
    "application/vnd.module.wasm.content.layer.v1+wasm",
  );
}

/** What wasmCloud calls a provider: native code in an archive of its own kind. */
export function wasmcloudProvider(): ImageFixture {
  return artifact(
    { module: Buffer.from("par") },
    "application/vnd.wasmcloud.provider.archive.config",
    "application/vnd.wasmcloud.provider.archive.layer.v1+par",
  );
}

/** F: wasm-to-oci. */
export function wasmToOci(image: WasmArtifact): ImageFixture {
  return artifact(
    image,
    "application/vnd.wasm.config.v1+json",
    "application/vnd.wasm.content.layer.v1+wasm",
  );
}

/** F: a plugin for Envoy or Istio, its own config among the layers. */
export function envoyPlugin(image: WasmArtifact): ImageFixture {
  const type = "application/vnd.module.wasm.config.v1+json";
  const layer = "application/vnd.module.wasm.content.layer.v1+wasm";
  return artifact(image, type, layer, () => ({ type: "envoy_proxy" }), type);
}

/** F: the same plugin in a tar, under a plugin's config. */
export function envoyPluginTar({ module }: WasmArtifact): ImageFixture {
  const blobs = new FixtureBlobs();
  const tar = makeTar([{ name: "plugin.wasm", data: module }]);
  const config = blobs.add("application/vnd.module.wasm.config.v1+json", { type: "envoy_proxy" });
  return blobs.image(config, [blobs.add(OCI_LAYER_GZIP, gzipSync(tar))]);
}

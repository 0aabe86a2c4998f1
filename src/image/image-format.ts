import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import type { Manifest } from "../oci/manifest.js";
import { isImageConfigMediaType, layerCompression } from "../oci/media-types.js";
import { TITLE } from "./module-layer.js";

/**
 * How an image holds its WebAssembly.
 *
 * - `image`: an ordinary image of platform wasi/wasm; its layers are tars
 * - `image-compat`: the same under another platform (wasip1/wasm, linux/amd64 with an annotation, …)
 * - `module-layers`: an image config over layers that are modules (runwasi's oci-tar-builder)
 * - `wasm-artifact`: the CNCF Wasm OCI artifact (wkg, wasmCloud, Wassette), one `application/wasm` layer
 * - `spin`: a Spin application (`spin registry push`), its components with their files
 * - `wasmcloud`: the older layer type of wasmCloud
 * - `wasm-to-oci`: wasm-to-oci, and the plugins of Envoy and Istio
 * - `wasm-file`: a `.wasm` file or bytes, loaded without a registry
 */
export type ImageFormat =
  | "image"
  | "image-compat"
  | "module-layers"
  | "wasm-artifact"
  | "spin"
  | "wasmcloud"
  | "wasm-to-oci"
  | "wasm-file";

/** Names of all formats, to check what is read back. */
export const IMAGE_FORMATS: readonly string[] = [
  "image",
  "image-compat",
  "module-layers",
  "wasm-artifact",
  "spin",
  "wasmcloud",
  "wasm-to-oci",
  "wasm-file",
] satisfies ImageFormat[];

/** Layer of the manifest that Safedock writes for a `.wasm` file: the type registered with IANA. */
export const WASM_MEDIA_TYPE = "application/wasm";
/** Config of the CNCF's artifact. */
export const WASM_CONFIG = "application/vnd.wasm.config.v0+json";
/** A locked Spin application: the manifest's config once, a layer since Spin 2. */
export const SPIN_APPLICATION = "application/vnd.fermyon.spin.application.v1+config";
/** Files of a Spin application: one, or a gzip tar of several. */
const SPIN_DATA = "application/vnd.wasm.content.layer.v1+data";
const SPIN_ARCHIVE = "application/vnd.wasm.content.bundle.v1.tar+gzip";

const WASM_TO_OCI_LAYER = "application/vnd.wasm.content.layer.v1+wasm";
const MODULE_LAYER = "application/vnd.module.wasm.content.layer.v1+wasm";
/** Configs and layers of plugins for Envoy: the Wasm artifact image specification, and wasme. */
const PLUGIN_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.module.wasm.config.v1+json",
  "application/vnd.wasm.config.v1+json",
  "application/vnd.io.solo.wasm.config.v1+json",
  "application/vnd.io.solo.wasm.code.v1+wasm",
  "application/vnd.io.solo.wasm.content.layer.v1+wasm",
]);
const PROVIDER = "application/vnd.wasmcloud.provider.archive.";

/**
 * What a layer is.
 *
 * - `tar`: to be laid over the ones below it
 * - `module`: a WebAssembly file itself
 * - `note`: JSON beside the modules; kept, and no part of the files
 * - `application`, `data`, `archive`: of a Spin application
 */
export type LayerRole = "tar" | "module" | "note" | "application" | "data" | "archive";

export interface ManifestShape {
  /** `image`: its config is that of an image; `artifact`: it is not; `spin`: the config does not matter. */
  readonly kind: "image" | "artifact" | "spin";
  /** `undefined` for an image of tars: the config's platform decides. */
  readonly format: ImageFormat | undefined;
  /** One for each layer. */
  readonly roles: readonly LayerRole[];
}

/**
 * Tells what kind of image a manifest describes.
 *
 * @throws SafedockError `ERR_MANIFEST_UNSUPPORTED`, naming what it is
 */
export function shapeOfManifest(manifest: Manifest): ManifestShape {
  const { config, layers, artifactType } = manifest;
  const types = [config.mediaType, ...layers.map(({ mediaType }) => mediaType)];
  const provider = types.find((mediaType) => mediaType.startsWith(PROVIDER));
  if (provider !== undefined) {
    throw unsupported(provider, "it is a capability provider of wasmCloud: native code");
  }
  if (types.includes(SPIN_APPLICATION)) {
    return { kind: "spin", format: "spin", roles: layers.map(spinRole) };
  }
  const isImage = isImageConfigMediaType(config.mediaType);
  const roles = layers.map((layer) => roleOf(layer, isImage));
  const odd = layers.find((_, i) => roles[i] === undefined);
  const known = roles.filter((role) => role !== undefined);
  const modules = layers.filter((_, i) => roles[i] === "module");
  const [module, ...others] = modules;
  if (isImage && odd === undefined && known.every((role) => role === "tar")) {
    return { kind: "image", format: undefined, roles: known };
  }
  if (module === undefined && !isPluginOfTars(manifest, known)) {
    const kind = artifactType ?? odd?.mediaType ?? config.mediaType;
    throw unsupported(kind, "it is an artifact of a kind that holds no image and no module");
  }
  if (odd !== undefined) {
    throw unsupported(odd.mediaType, "it stands among layers that are modules");
  }
  if (isImage) return { kind: "image", format: "module-layers", roles: known };
  if (module === undefined) return { kind: "artifact", format: "wasm-to-oci", roles: known };
  const stranger = layers.find((_, i) => roles[i] === "tar");
  if (stranger !== undefined) {
    throw unsupported(stranger.mediaType, "it stands among layers that are modules");
  }
  if (others.length > 0) {
    throw unsupported(module.mediaType, `there must be one such layer, not ${modules.length}`);
  }
  return { kind: "artifact", format: formatOfModule(module, types), roles: known };
}

/** The format of an ordinary image, by the platform that its config names. */
export function formatOfPlatform({ os, architecture }: Platform): ImageFormat {
  return os === "wasi" && architecture === "wasm" ? "image" : "image-compat";
}

function roleOf({ mediaType, annotations }: Descriptor, isImage: boolean): LayerRole | undefined {
  if (mediaType === WASM_MEDIA_TYPE || mediaType.endsWith("+wasm")) return "module";
  const compression = layerCompression(mediaType);
  // oras calls every file a tar, or an octet stream, unless it is told otherwise.
  const isNamedWasm = !isImage && annotations?.[TITLE]?.endsWith(".wasm") === true;
  if (isNamedWasm && (compression === "none" || mediaType === "application/octet-stream")) {
    return "module";
  }
  if (compression !== undefined) return "tar";
  return mediaType === "application/json" || mediaType.endsWith("+json") ? "note" : undefined;
}

function spinRole({ mediaType }: Descriptor): LayerRole {
  if (mediaType === SPIN_APPLICATION) return "application";
  if (mediaType === SPIN_ARCHIVE) return "archive";
  if (mediaType === WASM_MEDIA_TYPE || mediaType.endsWith("+wasm")) return "module";
  // As Spin does: what has no type of its own is a file.
  if (mediaType === SPIN_DATA || layerCompression(mediaType) === undefined) return "data";
  throw unsupported(mediaType, "it has no place in a Spin application");
}

/** The other form of a plugin's image: one tar with `plugin.wasm` in it, under a plugin's config. */
function isPluginOfTars({ config }: Manifest, roles: readonly LayerRole[]): boolean {
  const tars = roles.filter((role) => role === "tar");
  return PLUGIN_TYPES.has(config.mediaType) && tars.length > 0;
}

function formatOfModule({ mediaType }: Descriptor, types: readonly string[]): ImageFormat {
  if (mediaType === WASM_TO_OCI_LAYER || types.some((type) => PLUGIN_TYPES.has(type))) {
    return "wasm-to-oci";
  }
  return mediaType === MODULE_LAYER ? "wasmcloud" : "wasm-artifact";
}

export function unsupported(mediaType: string, why: string): SafedockError {
  const shown = printable(mediaType);
  return new SafedockError("ERR_MANIFEST_UNSUPPORTED", `Cannot run ${shown}: ${why}`, {
    data: { mediaType: shown },
    hint: "images with tar layers, artifacts with one WebAssembly layer, and Spin applications can be run",
  });
}

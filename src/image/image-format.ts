import { SafedockError } from "../base/errors.js";
import type { Platform } from "../oci/descriptor.js";
import type { Manifest } from "../oci/manifest.js";
import { isImageConfigMediaType, layerCompression } from "../oci/media-types.js";

/**
 * How an image holds its WebAssembly.
 *
 * - `image`: an ordinary image of platform wasi/wasm; its layers are tars
 * - `image-compat`: the same under another platform (wasip1/wasm, linux/amd64 with an annotation, …)
 * - `module-layers`: an image config over layers that are modules (runwasi's oci-tar-builder)
 * - `wasm-artifact`: the CNCF Wasm OCI artifact (wkg, wasmCloud, Wassette), one `application/wasm` layer
 * - `wasmcloud`: the older layer type of wasmCloud
 * - `wasm-to-oci`: wasm-to-oci, and the plugins of Envoy and Istio
 * - `wasm-file`: a `.wasm` file or bytes, loaded without a registry
 */
export type ImageFormat =
  | "image"
  | "image-compat"
  | "module-layers"
  | "wasm-artifact"
  | "wasmcloud"
  | "wasm-to-oci"
  | "wasm-file";

/** Names of all formats, to check what is read back. */
export const IMAGE_FORMATS: readonly string[] = [
  "image",
  "image-compat",
  "module-layers",
  "wasm-artifact",
  "wasmcloud",
  "wasm-to-oci",
  "wasm-file",
] satisfies ImageFormat[];

/** Layer of the manifest that Safedock writes for a `.wasm` file: the type registered with IANA. */
export const WASM_MEDIA_TYPE = "application/wasm";

const SPIN_CONFIG = "application/vnd.fermyon.spin.application.v1+config";

/** Layers that are a module themselves, and the format that they are the mark of. */
const MODULE_LAYERS: ReadonlyMap<string, ImageFormat> = new Map<string, ImageFormat>([
  ["application/vnd.bytecodealliance.wasm.component.layer.v0+wasm", "module-layers"],
  ["application/vnd.wasm.content.layer.v1+wasm", "wasm-to-oci"],
  ["application/vnd.module.wasm.content.layer.v1+wasm", "wasmcloud"],
  [WASM_MEDIA_TYPE, "wasm-artifact"],
]);

/** `tars`: layers to be laid over each other; `modules`: each layer is a file of its own. */
export interface ManifestShape {
  readonly layers: "tars" | "modules";
  /** `undefined` for tars: the config's platform decides. */
  readonly format: ImageFormat | undefined;
}

/**
 * Tells what kind of image a manifest describes.
 *
 * @throws SafedockError `ERR_MANIFEST_UNSUPPORTED`, naming what it is
 */
export function shapeOfManifest({ config, layers, artifactType }: Manifest): ManifestShape {
  if (config.mediaType === SPIN_CONFIG) {
    throw unsupported(config.mediaType, "it is a Spin application, not an image");
  }
  const isImage = isImageConfigMediaType(config.mediaType);
  const odd = layers.find(({ mediaType }) => layerCompression(mediaType) === undefined);
  if (isImage && odd === undefined) return { layers: "tars", format: undefined };

  const [first, ...others] = layers;
  const format = first === undefined ? undefined : MODULE_LAYERS.get(first.mediaType);
  if (format === undefined) {
    const kind = artifactType ?? odd?.mediaType ?? config.mediaType;
    throw unsupported(kind, "it is an artifact of a kind that holds no image and no module");
  }
  const stranger = others.find(({ mediaType }) => mediaType !== first?.mediaType);
  if (stranger !== undefined) {
    throw unsupported(stranger.mediaType, "it stands among layers that are modules");
  }
  if (!isImage && others.length > 0) {
    throw unsupported(first?.mediaType ?? "", `there must be one such layer, not ${layers.length}`);
  }
  return { layers: "modules", format: isImage ? "module-layers" : format };
}

/** The format of an ordinary image, by the platform that its config names. */
export function formatOfPlatform({ os, architecture }: Platform): ImageFormat {
  return os === "wasi" && architecture === "wasm" ? "image" : "image-compat";
}

function unsupported(mediaType: string, why: string): SafedockError {
  return new SafedockError("ERR_MANIFEST_UNSUPPORTED", `Cannot run ${mediaType}: ${why}`, {
    data: { mediaType },
    hint: "images with tar layers, and artifacts with one WebAssembly layer, can be run",
  });
}

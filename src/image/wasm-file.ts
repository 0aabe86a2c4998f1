import { createHash } from "node:crypto";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import type { Manifest } from "../oci/manifest.js";
import { OCI_CONFIG, OCI_MANIFEST } from "../oci/media-types.js";
import type { FoundManifest } from "./find-manifest.js";
import { WASM_MEDIA_TYPE } from "./image-format.js";

/**
 * The manifest and config of an image that is one loose module. The same bytes under the same name
 * always give the same manifest, hence the same digest.
 */
export function wasmFileManifest(module: {
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
}): { readonly found: FoundManifest; readonly configBytes: Uint8Array } {
  const configBytes = encode({
    architecture: "wasm",
    os: "wasi",
    config: { Entrypoint: [`/${module.name}`] },
    rootfs: { type: "layers", diff_ids: [module.digest] },
  });
  const layer: Descriptor = {
    mediaType: WASM_MEDIA_TYPE,
    digest: module.digest,
    size: module.size,
    annotations: { "org.opencontainers.image.title": module.name },
  };
  const config: Descriptor = { mediaType: OCI_CONFIG, ...describe(configBytes) };
  const content = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] };
  const bytes = encode(content);
  const manifest: Manifest = { kind: "manifest", mediaType: OCI_MANIFEST, config, layers: [layer] };
  const descriptor = { mediaType: OCI_MANIFEST, ...describe(bytes) };
  return { found: { descriptor, bytes, manifest, platform: undefined }, configBytes };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function describe(bytes: Uint8Array): Pick<Descriptor, "digest" | "size"> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  return { digest: `sha256:${hex}`, size: bytes.byteLength };
}

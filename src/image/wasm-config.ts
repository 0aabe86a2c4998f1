import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import { MAX_CONFIG_BYTES } from "../oci/image-config.js";
import { JsonNode } from "../oci/json-node.js";
import type { Manifest } from "../oci/manifest.js";
import { WASM_CONFIG } from "./image-format.js";

/** Layers that a config may list: one is allowed, and more are refused by the manifest already. */
const MAX_LISTED_LAYERS = 1024;

/**
 * The platform of an artifact: `wasip1/wasm` or `wasip2/wasm` where its config says so, else
 * `wasi/wasm`. The CNCF's config is checked: `architecture` must be `wasm` and `layerDigests` those of
 * the manifest, where they are there; configs of other types may hold anything.
 *
 * @throws SafedockError `ERR_CONFIG_INVALID` (names the JSON path)
 */
export function artifactPlatform({ config, layers }: Manifest, bytes: Uint8Array): Platform {
  const os = config.mediaType === WASM_CONFIG ? checkWasmConfig(bytes, layers) : looseOs(bytes);
  return { os: os === "wasip1" || os === "wasip2" ? os : "wasi", architecture: "wasm" };
}

function checkWasmConfig(bytes: Uint8Array, layers: readonly Descriptor[]): string | undefined {
  const node = JsonNode.parse(bytes, MAX_CONFIG_BYTES, invalid).object();
  const architecture = node.member("architecture");
  if (architecture !== undefined && architecture.string() !== "wasm") {
    architecture.fail('must be "wasm"');
  }
  const listed = node.member("layerDigests");
  const digests = listed?.list(MAX_LISTED_LAYERS) ?? [];
  for (const [i, digest] of digests.entries()) {
    const expected = layers[i]?.digest ?? "none";
    if (digest.string() !== expected) {
      digest.fail(`is ${printable(digest.string(), 100)}, the manifest's layer is ${expected}`);
    }
  }
  if (listed !== undefined && digests.length !== layers.length) {
    listed.fail(`has ${digests.length} items for ${layers.length} layers`);
  }
  return node.member("os")?.string();
}

function looseOs(bytes: Uint8Array): unknown {
  try {
    const config: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof config === "object" && config !== null && "os" in config ? config.os : undefined;
  } catch {
    return undefined;
  }
}

function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_CONFIG_INVALID", `The artifact's config is not valid: ${problem}`, {
    data: { problem },
  });
}

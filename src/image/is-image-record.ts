import { isDigest, type Digest } from "../oci/digest.js";
import { isModuleList } from "../snapshot/snapshot-store.js";
import { IMAGE_FORMATS } from "./image-format.js";
import type { ImageRecord } from "./image-record.js";
import { isComponentList, isImageProgram } from "./is-image-program.js";

/** A name for an image, as it is stored. */
export interface StoredReference {
  readonly reference: string;
  readonly digest: Digest;
}

export function isStoredReference(value: unknown): value is StoredReference {
  return (
    isObject(value) &&
    "reference" in value &&
    "digest" in value &&
    typeof value.reference === "string" &&
    isDigest(value.digest)
  );
}

export function isImageRecord(value: unknown): value is ImageRecord {
  if (!isObject(value)) return false;
  if (!("digest" in value && "chainId" in value && "layers" in value && "config" in value)) {
    return false;
  }
  if (!("modules" in value && "format" in value && "platform" in value && "createdAt" in value)) {
    return false;
  }
  const { digest, chainId, layers, config, modules, format, platform, createdAt } = value;
  if ("program" in value && !isImageProgram(value.program)) return false;
  if ("components" in value && !isComponentList(value.components)) return false;
  if ("requestedGrants" in value && typeof value.requestedGrants !== "string") return false;
  return (
    isDigest(digest) &&
    isDigest(chainId) &&
    Array.isArray(layers) &&
    layers.every(isLayer) &&
    isObject(config) &&
    isObject(platform) &&
    isModuleList(modules) &&
    typeof format === "string" &&
    IMAGE_FORMATS.includes(format) &&
    typeof createdAt === "string"
  );
}

function isLayer(value: unknown): boolean {
  return (
    isObject(value) &&
    "digest" in value &&
    "diffId" in value &&
    isDigest(value.digest) &&
    isDigest(value.diffId)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

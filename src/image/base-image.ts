import type { ContentStore } from "../content/content-store.js";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES } from "../oci/image-config.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { layerCompression, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from "../oci/media-types.js";
import { formatPlatform } from "../oci/platform.js";
import type { ImageRecord } from "./image-record.js";

export interface BaseLayer extends Pick<Descriptor, "mediaType" | "digest" | "size"> {
  readonly diffId: Digest;
}

/** What an image inherits from another one. */
export interface BaseImage {
  /** `undefined`: its layers are no tars, so its files have to be written anew. */
  readonly layers: readonly BaseLayer[] | undefined;
  /** The members of its config that are kept; all that is known here was checked when it came in. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** One line of an image's history (OCI image specification, "Image Configuration: history"). */
export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

const OCI_LAYERS = { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/**
 * Reads what an image of the store gives to one that is built on it.
 *
 * @throws SafedockError `ERR_BLOB_NOT_FOUND`, `ERR_STORE_INVALID`
 */
export async function readBase(content: ContentStore, record: ImageRecord): Promise<BaseImage> {
  const { os, architecture, variant } = record.platform;
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
  if (record.format !== "image" && record.format !== "image-compat") {
    // An artifact's name of the platform; images are looked for under the other one.
    const named = os === "wasip1" ? { ...platform, os: "wasi" } : platform;
    return { layers: undefined, config: { ...named, config: record.config } };
  }
  const bytes = await content.read(record.digest, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(bytes);
  if (manifest.kind !== "manifest") throw damaged(record);
  const text = await content.read(manifest.config.digest, { maxBytes: MAX_CONFIG_BYTES });
  const config: unknown = JSON.parse(Buffer.from(text).toString("utf8"));
  if (!isObject(config)) throw damaged(record);
  return { layers: record.layers.map(asOciLayer), config };
}

/** The history of a base with `layers` layers; one that does not fit to them is made up anew. */
export function historyOf(config: BaseImage["config"], layers: number): readonly HistoryEntry[] {
  const { history } = config;
  const entries = Array.isArray(history) ? history.filter(isHistoryEntry) : [];
  const filled = entries.filter((entry) => entry.empty_layer !== true).length;
  if (filled === layers) return entries;
  return Array.from({ length: layers }, () => ({ created_by: "layer of the base image" }));
}

function asOciLayer({ mediaType, digest, size, diffId }: ImageRecord["layers"][number]): BaseLayer {
  const compression = layerCompression(mediaType);
  const type = compression === undefined ? mediaType : OCI_LAYERS[compression];
  return { mediaType: type, digest, size, diffId };
}

function isHistoryEntry(entry: unknown): entry is HistoryEntry {
  return isObject(entry);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged({ digest, platform }: ImageRecord): SafedockError {
  const problem = `the stored image ${digest} (${formatPlatform(platform)}) is no image`;
  return new SafedockError("ERR_STORE_INVALID", problem, {
    data: { path: digest },
    hint: "pull or load it again",
  });
}

import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { readDescriptor, readMediaType, type Descriptor } from "./descriptor.js";
import { JsonNode } from "./json-node.js";
import {
  bareMediaType,
  isEncryptedLayer,
  isForeignLayer,
  isIndexMediaType,
  isManifestMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.js";

/** One image: its config and its layers, the lowest first. */
export interface Manifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** The manifest that this one says something of: what it signs, lists the parts of, … */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A list of manifests, one for each platform; an entry may be an index again. */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Options of {@link parseManifest}. */
export interface ParseManifestOptions {
  /** Also layers that cannot be run: foreign and encrypted ones. Default: those are refused. */
  readonly anyLayers?: boolean;
}

/** Largest manifest or index, in bytes: what the distribution specification asks registries to take. */
export const MAX_MANIFEST_BYTES = 4 * 2 ** 20;
/** Most layers of a manifest: Docker stops at 127, Spin applications have up to 500 (a file each). */
export const MAX_LAYERS = 1024;
/** Most manifests of an index: the largest official images list about 30. */
export const MAX_INDEX_MANIFESTS = 1024;

/** What registries and file servers send when they do not know better. */
const UNSPECIFIC = new Set([
  "",
  "application/json",
  "application/octet-stream",
  "binary/octet-stream",
  "text/plain",
]);

/**
 * Reads a manifest or an index: OCI image specification 1.0 and 1.1, Docker schema 2.
 *
 * A document that could be read as both, or that says another media type than its transport, is
 * refused: one that verifies as an index and runs as a manifest would pass a check made on the other
 * (CVE-2021-41190).
 *
 * @param contentType - the `Content-Type` or the descriptor's media type that the bytes came with
 * @throws SafedockError `ERR_MANIFEST_INVALID` (names the JSON path), `ERR_MANIFEST_UNSUPPORTED`
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType?: string,
  { anyLayers = false }: ParseManifestOptions = {},
): Manifest | ImageIndex {
  const node = JsonNode.parse(bytes, MAX_MANIFEST_BYTES, invalid).object();
  const mediaType = mediaTypeOf(node, contentType);
  const annotations = node.member("annotations")?.stringMap();
  const artifactType = node.member("artifactType");
  const subject = node.member("subject");
  const shared = {
    mediaType,
    // Go writes an empty text for what is unset.
    ...(artifactType !== undefined && artifactType.value !== ""
      ? { artifactType: readMediaType(artifactType) }
      : {}),
    ...(subject !== undefined ? { subject: readDescriptor(subject) } : {}),
    ...(annotations !== undefined ? { annotations } : {}),
  };
  return isIndexMediaType(mediaType)
    ? readIndex(node, shared)
    : readManifest(node, shared, anyLayers);
}

function readIndex(node: JsonNode, shared: Omit<ImageIndex, "kind" | "manifests">): ImageIndex {
  for (const name of ["config", "layers", "fsLayers"]) {
    node.member(name)?.fail("has no place in an index");
  }
  const manifests = node.required("manifests").list(MAX_INDEX_MANIFESTS).map(readDescriptor);
  return { kind: "index", ...shared, manifests };
}

function readManifest(
  node: JsonNode,
  shared: Omit<Manifest, "kind" | "config" | "layers">,
  anyLayers: boolean,
): Manifest {
  for (const name of ["manifests", "fsLayers"]) {
    node.member(name)?.fail("has no place in a manifest");
  }
  const layers = node.required("layers").list(MAX_LAYERS).map(readDescriptor);
  for (const { mediaType } of anyLayers ? [] : layers) {
    if (isForeignLayer(mediaType)) {
      throw unsupported(
        mediaType,
        "a layer is foreign (non-distributable), its bytes are not in the registry",
      );
    }
    if (isEncryptedLayer(mediaType)) throw unsupported(mediaType, "a layer is encrypted");
  }
  return {
    kind: "manifest",
    ...shared,
    config: readDescriptor(node.required("config")),
    layers,
  };
}

/** The document's own word and the transport's must agree; where both are silent the shape decides. */
function mediaTypeOf(node: JsonNode, contentType: string | undefined): string {
  const transport = contentType === undefined ? "" : bareMediaType(contentType);
  const own = node.member("mediaType");
  const named = own === undefined ? undefined : readMediaType(own);
  const version = node.member("schemaVersion")?.value;
  if (version === 1 || (named?.includes(".manifest.v1+") === true && named.includes("docker"))) {
    throw unsupported(named ?? "schema 1", "schema 1 is obsolete");
  }
  if (version !== 2) node.fail('must have "schemaVersion" 2');
  if (named !== undefined) {
    if (!UNSPECIFIC.has(transport) && transport !== named) {
      own?.fail(`is ${named}, but the bytes came as ${printable(transport)}`);
    }
    return known(named);
  }
  if (!UNSPECIFIC.has(transport)) return known(transport);
  return node.member("manifests") === undefined ? OCI_MANIFEST : OCI_INDEX;
}

function known(mediaType: string): string {
  if (isManifestMediaType(mediaType) || isIndexMediaType(mediaType)) return mediaType;
  throw unsupported(mediaType, "it is neither an image manifest nor an index");
}

function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_MANIFEST_INVALID", `The manifest is not valid: ${problem}`, {
    data: { problem },
  });
}

function unsupported(mediaType: string, why: string): SafedockError {
  const shown = printable(mediaType);
  return new SafedockError("ERR_MANIFEST_UNSUPPORTED", `Manifest not supported: ${shown}: ${why}`, {
    data: { mediaType: shown },
    hint: "push the image again with OCI or Docker schema 2 manifests and plain tar layers",
  });
}

import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES, parseImageConfig } from "../oci/image-config.js";
import { JsonNode } from "../oci/json-node.js";
import { MAX_LAYERS, MAX_MANIFEST_BYTES } from "../oci/manifest.js";
import {
  OCI_CONFIG,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from "../oci/media-types.js";
import { formatReference } from "../oci/reference.js";
import type { ArchiveFile } from "./archive-entries.js";
import type { ArchiveBlob, ArchiveContent } from "./archive-repository.js";
import { IMAGE_NAME, readReference } from "./image-names.js";
import type { Archive } from "./open-archive.js";
import { ARCHIVE_HEAD_BYTES, archiveCompression } from "./sniff-archive.js";

export const DOCKER_MANIFEST_FILE = "manifest.json";
/** Most images of an archive: as many as of an index. */
const MAX_IMAGES = 1024;
/** Most tags of one image. */
const MAX_TAGS = 1024;
/** `<hex>.json`, `sha256:<hex>`, or a path of blobs: a name that says what the file's digest is. */
const CONFIG_NAME = /(?:^|\/|sha256:)(?<hex>[0-9a-f]{64})(?:\.json)?$/;

const MEDIA_TYPES = { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/** An image as `manifest.json` describes it. */
interface DockerImage {
  readonly config: string;
  readonly layers: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Reads `manifest.json` of what `docker save` writes and what skopeo, podman and Bazel write as such. There
 * are no OCI manifests in it: they are made here, the same ones each time. A layer's digest is that of its
 * bytes; what the archive's names say is checked, never believed.
 *
 * @throws SafedockError `ERR_ARCHIVE_INVALID`, `ERR_CONFIG_INVALID`, `ERR_DIGEST_MISMATCH` for a config
 * that has another digest than its name says
 */
export async function readDockerArchive(
  archive: Archive,
  signal?: AbortSignal,
): Promise<ArchiveContent> {
  const reject = (problem: string) => archive.invalid(`manifest.json: ${problem}`);
  const bytes = await archive.readFile(DOCKER_MANIFEST_FILE, MAX_MANIFEST_BYTES);
  const listed = JsonNode.parse(bytes, MAX_MANIFEST_BYTES, reject).list(MAX_IMAGES).map(readImage);
  const blobs = new Map<Digest, ArchiveBlob>();
  const layers = new LayerFiles(archive, blobs, signal);
  const images: Descriptor[] = [];
  for (const image of listed) {
    const manifest = await manifestOf(archive, image, layers, blobs);
    const descriptor = put(blobs, OCI_MANIFEST, encode(manifest.content));
    const { platform } = manifest;
    const names = image.tags.length === 0 ? [undefined] : image.tags;
    for (const name of names) {
      const annotations = name === undefined ? undefined : { annotations: { [IMAGE_NAME]: name } };
      images.push({ ...descriptor, platform, ...annotations });
    }
  }
  return { images, blob: (digest) => blobs.get(digest) };
}

function readImage(node: JsonNode): DockerImage {
  const tags = node.member("RepoTags");
  return {
    config: node.required("Config").string(),
    layers: node.member("Layers")?.strings(MAX_LAYERS) ?? [],
    tags: (tags?.list(MAX_TAGS) ?? []).map((tag) => {
      const reference = readReference(tag.string());
      if (reference === undefined || reference.digest !== undefined) {
        return tag.fail("must be the name of an image with a tag");
      }
      return formatReference(reference);
    }),
  };
}

async function manifestOf(
  archive: Archive,
  image: DockerImage,
  layers: LayerFiles,
  blobs: Map<Digest, ArchiveBlob>,
) {
  const bytes = await archive.readFile(image.config, MAX_CONFIG_BYTES);
  const config = put(blobs, OCI_CONFIG, bytes);
  const said = CONFIG_NAME.exec(image.config)?.groups?.["hex"];
  if (said !== undefined && config.digest !== `sha256:${said}`) {
    throw mismatch(`sha256:${said}`, config.digest);
  }
  const { os, architecture, variant, rootfs } = parseImageConfig(bytes);
  const { diff_ids: diffIds } = rootfs;
  if (diffIds.length !== image.layers.length) {
    const name = JSON.stringify(printable(image.config, 100));
    const counts = `${image.layers.length} layers, its config ${diffIds.length}`;
    throw archive.invalid(`the image of ${name} has ${counts}`);
  }
  const descriptors: Descriptor[] = [];
  for (const [i, name] of image.layers.entries()) {
    const diffId = diffIds[i];
    if (diffId !== undefined) descriptors.push(await layers.describe(name, diffId));
  }
  const content = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: descriptors };
  const platform = { os, architecture, ...(variant === undefined ? undefined : { variant }) };
  return { content, platform };
}

/** The layers of all images of an archive: those that images share are read once. */
class LayerFiles {
  readonly #known = new Map<string, Descriptor>();

  constructor(
    private readonly archive: Archive,
    private readonly blobs: Map<Digest, ArchiveBlob>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async describe(name: string, diffId: Digest): Promise<Descriptor> {
    const file = this.archive.find(name);
    if (file === undefined) {
      const shown = JSON.stringify(printable(name, 100));
      throw this.archive.invalid(`manifest.json names the layer ${shown}, which is missing`);
    }
    const key = `${file.offset} ${diffId}`;
    const known = this.#known.get(key) ?? (await this.#describe(file, diffId));
    this.#known.set(key, known);
    return known;
  }

  async #describe(file: ArchiveFile, diffId: Digest): Promise<Descriptor> {
    const compression = await this.#compressionOf(file);
    const mediaType = MEDIA_TYPES[compression];
    // A plain layer must have its DiffID as its digest: it is verified as it comes in.
    const digest = compression === "none" ? diffId : await this.#digestOf(file);
    this.blobs.set(digest, file);
    return { mediaType, digest, size: file.size };
  }

  /** What is neither gzip nor zstd must be a tar: the reading of the layer tells. */
  async #compressionOf(file: ArchiveFile) {
    const size = Math.min(ARCHIVE_HEAD_BYTES, file.size);
    for await (const head of this.archive.read({ ...file, size }, 0, this.signal)) {
      return archiveCompression(head) ?? "none";
    }
    return "none";
  }

  async #digestOf(file: ArchiveFile): Promise<Digest> {
    const hash = createHash("sha256");
    for await (const chunk of this.archive.read(file, 0, this.signal)) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  }
}

function put(blobs: Map<Digest, ArchiveBlob>, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.byteLength };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function mismatch(expected: string, actual: string): SafedockError {
  return new SafedockError("ERR_DIGEST_MISMATCH", `The config is ${actual}, not ${expected}`, {
    data: { expected, actual },
  });
}

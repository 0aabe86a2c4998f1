import { createHash } from "node:crypto";
import { printable } from "../base/printable.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { JsonNode } from "../oci/json-node.js";
import { MAX_LAYERS, MAX_MANIFEST_BYTES } from "../oci/manifest.js";
import { OCI_MANIFEST } from "../oci/media-types.js";
import { formatReference } from "../oci/reference.js";
import type { ArchiveBlob, ArchiveContent } from "./archive-repository.js";
import { ConfigFiles } from "./docker-configs.js";
import { LayerFiles } from "./docker-layers.js";
import { IMAGE_NAME, readReference } from "./image-names.js";
import type { Archive } from "./open-archive.js";

export const DOCKER_MANIFEST_FILE = "manifest.json";
/** Most images of an archive: as many as of an index. */
const MAX_IMAGES = 1024;
/** Most tags of one image. */
const MAX_TAGS = 1024;

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
  const configs = new ConfigFiles(archive, blobs);
  const layers = new LayerFiles(archive, blobs, signal);
  const images: Descriptor[] = [];
  for (const image of listed) {
    const { bytes: manifest, platform } = await manifestOf(archive, image, configs, layers);
    const digest: Digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
    const descriptor = { mediaType: OCI_MANIFEST, digest, size: manifest.byteLength };
    blobs.set(digest, manifest);
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
  configs: ConfigFiles,
  layers: LayerFiles,
) {
  const { descriptor: config, parsed } = await configs.read(image.config);
  const { os, architecture, variant, rootfs } = parsed;
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
  return { bytes: Buffer.from(JSON.stringify(content)), platform };
}

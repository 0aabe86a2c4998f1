import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { NewEntry } from "../layer/new-entry.js";
import { writeTar } from "../layer/write-tar.js";
import { digestHex, type Digest } from "../oci/digest.js";
import { isImageConfigMediaType, layerCompression } from "../oci/media-types.js";
import { DOCKER_MANIFEST_FILE } from "./docker-archive.js";
import { readReference } from "./image-names.js";
import { archiveFile, type DockerParts, type SavedBlob, type SavedImage } from "./saved-image.js";

/**
 * Writes what `docker load` takes: manifest.json, the configs by their digests, and the layers
 * uncompressed, each once. The same images in the same order give the same bytes.
 *
 * @throws SafedockError `ERR_MANIFEST_UNSUPPORTED` for an image that is not one of tars, before the first
 * byte
 */
export function writeDockerArchive(images: readonly SavedImage[]): AsyncGenerator<Uint8Array> {
  const parts = images.map((image) => ({ image, docker: partsOf(image) }));
  return writeTar(entriesOf(parts));
}

interface SavedParts {
  readonly image: SavedImage;
  readonly docker: DockerParts;
}

function* entriesOf(images: readonly SavedParts[]): Generator<NewEntry> {
  const listed = images.map(({ image, docker }) => ({
    Config: configName(docker.config),
    // Docker takes no names with a digest.
    RepoTags: image.references.filter((name) => readReference(name)?.digest === undefined),
    Layers: docker.layers.map(layerName),
  }));
  yield archiveFile(DOCKER_MANIFEST_FILE, Buffer.from(JSON.stringify(listed)));
  const configs = distinct(images.map(({ docker }) => docker.config));
  for (const config of configs) yield archiveFile(configName(config), config);
  const layers = distinct(images.flatMap(({ docker }) => docker.layers));
  for (const layer of layers) yield archiveFile(layerName(layer), layer);
}

function partsOf({ docker, manifest }: SavedImage): DockerParts {
  if (docker !== undefined) return docker;
  const { config, layers } = manifest;
  const odd = [config, ...layers].find(
    ({ mediaType }) =>
      !isImageConfigMediaType(mediaType) && layerCompression(mediaType) === undefined,
  );
  const mediaType = printable(odd?.mediaType ?? manifest.mediaType);
  const problem = `a docker archive holds images of tar layers alone, not ${mediaType}`;
  throw new SafedockError("ERR_MANIFEST_UNSUPPORTED", `Cannot save the image: ${problem}`, {
    data: { mediaType },
    hint: 'save it with format "oci-archive" or "oci-layout"',
  });
}

function distinct(blobs: readonly SavedBlob[]): SavedBlob[] {
  const found = new Map<Digest, SavedBlob>(blobs.map((blob) => [blob.digest, blob]));
  return [...found.values()].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

function configName({ digest }: SavedBlob): string {
  return `${digestHex(digest)}.json`;
}

function layerName({ digest }: SavedBlob): string {
  return `${digestHex(digest)}.tar`;
}

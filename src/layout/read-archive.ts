import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { ArchiveRepository, type ArchiveContent } from "./archive-repository.js";
import { DOCKER_MANIFEST_FILE, readDockerArchive } from "./docker-archive.js";
import { INDEX_FILE, LAYOUT_FILE, readOciArchive } from "./oci-archive.js";
import { Archive, type OpenArchiveOptions } from "./open-archive.js";

/**
 * Opens an archive of images by what is in it: an OCI layout (also as Docker 25 and later write one, beside
 * their own lists), or what `docker save` wrote before. It may be compressed as a whole.
 *
 * @throws SafedockError `ERR_ARCHIVE_INVALID`, `ERR_MANIFEST_INVALID`, `ERR_CONFIG_INVALID`,
 * `ERR_DIGEST_MISMATCH`; `ERR_SOURCE_UNSUPPORTED` for a tar of something else; the signal's reason
 */
export async function readArchive(
  path: string,
  options: OpenArchiveOptions,
): Promise<ArchiveRepository> {
  const archive = await Archive.open(path, options);
  try {
    return new ArchiveRepository(archive, await contentOf(archive, options.signal));
  } catch (error) {
    await archive.close();
    throw error;
  }
}

async function contentOf(
  archive: Archive,
  signal: AbortSignal | undefined,
): Promise<ArchiveContent> {
  const has = (name: string) => archive.find(name) !== undefined;
  // Docker 25 and later write both: its index has the digests that a registry has.
  if (has(LAYOUT_FILE) && has(INDEX_FILE)) return readOciArchive(archive);
  if (has(DOCKER_MANIFEST_FILE)) return readDockerArchive(archive, signal);
  const shown = printable(archive.name);
  const why = has("repositories")
    ? "it is an archive of Docker before 1.10, without manifest.json"
    : "it is a tar with neither index.json nor manifest.json";
  throw new SafedockError("ERR_SOURCE_UNSUPPORTED", `Cannot load ${shown}: ${why}`, {
    data: { source: shown },
    hint: "make it with docker save, or with skopeo copy to oci-archive: or docker-archive:",
  });
}

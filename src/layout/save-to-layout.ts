import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { FileSink } from "../content/file-sink.js";
import { errorCodeOf } from "../content/process-identity.js";
import type { Descriptor } from "../oci/descriptor.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import { referencesOf } from "./image-names.js";
import { blobName, INDEX_FILE, LAYOUT_FILE } from "./oci-archive.js";
import { verifiedContent, type SavedBlob, type SavedImage } from "./saved-image.js";
import { distinctBlobs, indexEntries, LAYOUT_CONTENT } from "./write-oci-archive.js";

/**
 * Adds images to a layout folder, which is made if it is not there. Blobs that it has are not written
 * again; its index names the images last, so that it never names one that is not whole. A reference that the
 * folder has already moves to the new image.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for a folder that cannot be written, or holds something else;
 * `ERR_STORE_INVALID`; the signal's reason
 */
export async function saveToLayout(
  folder: string,
  images: readonly SavedImage[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const before = await readEntries(folder);
  for (const blob of distinctBlobs(images)) {
    signal?.throwIfAborted();
    await putBlob(join(folder, blobName(blob.digest)), blob, signal);
  }
  signal?.throwIfAborted();
  const added = indexEntries(images, before);
  const replaced = new Set(images.flatMap(({ references }) => references));
  const kept = before.filter((entry) => {
    const isUnnamedAgain = added.some(
      ({ digest, annotations }) => annotations === undefined && digest === entry.digest,
    );
    return !isUnnamedAgain && !referencesOf(entry).some((reference) => replaced.has(reference));
  });
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...kept, ...added] };
  await putFile(join(folder, LAYOUT_FILE), LAYOUT_CONTENT);
  await putFile(join(folder, INDEX_FILE), JSON.stringify(index));
}

/** What the folder lists; it may be new or empty. */
async function readEntries(folder: string): Promise<readonly Descriptor[]> {
  try {
    await mkdir(folder, { recursive: true });
    const bytes = await readFile(join(folder, INDEX_FILE));
    const index = parseManifest(bytes.subarray(0, MAX_MANIFEST_BYTES + 1), OCI_INDEX);
    return index.kind === "index" ? index.manifests : [];
  } catch (error) {
    if (error instanceof SafedockError) throw error;
    const code = errorCodeOf(error);
    if (code === "ENOENT") return [];
    const problem = `target: ${printable(folder)} cannot be used as a folder (${code ?? "unknown error"})`;
    const data = { problems: [problem] };
    throw new SafedockError("ERR_OPTIONS_INVALID", problem, { data, cause: error });
  }
}

async function putBlob(
  path: string,
  blob: SavedBlob,
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size === blob.size) return;
  await mkdir(dirname(path), { recursive: true });
  const sink = await FileSink.create(temporaryBeside(path));
  try {
    for await (const chunk of verifiedContent(blob)) {
      signal?.throwIfAborted();
      await sink.write(chunk);
    }
    await sink.close();
    await rename(sink.path, path);
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

async function putFile(path: string, text: string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function temporaryBeside(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.part`;
}

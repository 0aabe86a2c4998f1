import { access, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errorCodeOf } from "../content/process-identity.js";
import type { Descriptor } from "../oci/descriptor.js";
import { referencesOf, writtenNames } from "./image-names.js";
import { putBlob } from "./layout-blobs.js";
import { changeIndex, createLayout, type IndexChange } from "./layout-index.js";
import { INDEX_FILE } from "./oci-archive.js";
import { verifiedContent, type SavedImage } from "./saved-image.js";
import { distinctBlobs, indexEntries } from "./write-oci-archive.js";

/**
 * Adds images to a layout folder, which is made if it is not there. Blobs that it has are not written
 * again; its index names the images last, so that it never names one that is not whole. A reference that the
 * folder has already moves to the new image. After a failure a new folder is gone again; in another one blobs
 * may be left that no index names.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for a folder that cannot be written;
 * `ERR_STORE_INVALID`; the signal's reason
 */
export async function saveToLayout(
  folder: string,
  images: readonly SavedImage[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const made = await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
  try {
    const call = signal === undefined ? {} : { signal };
    for (const blob of distinctBlobs(images)) {
      await putBlob(folder, blob, () => verifiedContent(blob), call);
    }
    await createLayout(folder);
    await changeIndex(folder, signal, (entries) => changeFor(images, entries));
  } catch (error) {
    if (made !== undefined && !(await isLayout(folder))) {
      await rm(made, { recursive: true, force: true });
    }
    throw ["EACCES", "EROFS", "ENOTDIR"].includes(errorCodeOf(error) ?? "")
      ? unwritable(folder, error)
      : error;
  }
}

function changeFor(images: readonly SavedImage[], entries: readonly Descriptor[]): IndexChange {
  const moved = new Set(images.flatMap(({ references }) => references));
  const listed = new Set(entries.map(({ digest }) => digest));
  // What has no name is listed once, under whatever name.
  const added = indexEntries(images, entries).filter(
    (entry) => entry.annotations !== undefined || !listed.has(entry.digest),
  );
  const named = new Set(added.map(({ digest }) => digest));
  const keep = (entry: Descriptor) => {
    if (writtenNames(entry).length === 0) return !named.has(entry.digest);
    return !referencesOf(entry).some((reference) => moved.has(reference));
  };
  return { keep, added };
}

/** Somebody else may have made one of it meanwhile. */
async function isLayout(folder: string): Promise<boolean> {
  return access(join(folder, INDEX_FILE)).then(
    () => true,
    () => false,
  );
}

function unwritable(folder: string, cause: unknown): SafedockError {
  const code = errorCodeOf(cause) ?? "unknown error";
  const problem = `target: ${printable(folder)} cannot be used as a folder (${code})`;
  return new SafedockError("ERR_OPTIONS_INVALID", problem, {
    data: { problems: [problem] },
    cause,
  });
}

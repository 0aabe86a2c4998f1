import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errorCodeOf } from "../content/process-identity.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import type { ImageSource } from "./image-source.js";

/** Largest `oci-layout` file, in bytes: it holds one version. */
const MAX_LAYOUT_FILE_BYTES = 4096;

/** Reads blobs and manifests of a layout folder (OCI image specification, "Image Layout"). */
export function layoutSource(folder: string): ImageSource {
  return {
    manifest: async (digest) => {
      const bytes = await readCapped(blobPath(folder, digest), MAX_MANIFEST_BYTES, digest);
      const hex = createHash(digestAlgorithm(digest)).update(bytes).digest("hex");
      if (hex !== digestHex(digest)) {
        const actual = `${digestAlgorithm(digest)}:${hex}`;
        throw new SafedockError("ERR_DIGEST_MISMATCH", `The manifest is ${actual}, not ${digest}`, {
          data: { expected: digest, actual },
        });
      }
      return { descriptor: { mediaType: "", digest, size: bytes.byteLength }, bytes };
    },
    blob:
      ({ digest }) =>
      () =>
        readBlob(folder, digest),
  };
}

/**
 * What the folder's index.json lists.
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` if the folder is no layout, `ERR_MANIFEST_INVALID`
 */
export async function layoutEntries(folder: string): Promise<readonly Descriptor[]> {
  await checkLayoutFile(folder);
  const bytes = await readCapped(join(folder, "index.json"), MAX_MANIFEST_BYTES, undefined);
  const index = parseManifest(bytes, OCI_INDEX);
  return index.kind === "index" ? index.manifests : [];
}

async function checkLayoutFile(folder: string): Promise<void> {
  const path = join(folder, "oci-layout");
  const bytes = await readCapped(path, MAX_LAYOUT_FILE_BYTES, undefined);
  let version: unknown;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const isObject = typeof value === "object" && value !== null && "imageLayoutVersion" in value;
    version = isObject ? value.imageLayoutVersion : undefined;
  } catch (error) {
    throw noLayout(folder, "its oci-layout file is not JSON", error);
  }
  if (typeof version !== "string" || !version.startsWith("1.")) {
    throw noLayout(folder, "its oci-layout file names no version 1");
  }
}

/** A blob that is missing has an error of its own; a missing file of the layout means: no layout. */
async function readCapped(
  path: string,
  maxBytes: number,
  digest: Digest | undefined,
): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw tooLarge(path, digest, size, maxBytes);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof SafedockError) throw error;
    if (digest !== undefined && errorCodeOf(error) === "ENOENT") throw missing(digest);
    throw noLayout(path, "it cannot be read", error);
  }
}

async function* readBlob(folder: string, digest: Digest): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(blobPath(folder, digest), {
      highWaterMark: 256 * 1024,
    })) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (error) {
    throw errorCodeOf(error) === "ENOENT" ? missing(digest) : error;
  }
}

function blobPath(folder: string, digest: Digest): string {
  return join(folder, "blobs", digestAlgorithm(digest), digestHex(digest));
}

function missing(digest: Digest): SafedockError {
  return new SafedockError("ERR_BLOB_NOT_FOUND", `The layout folder has no blob ${digest}`, {
    data: { digest },
  });
}

function tooLarge(
  path: string,
  digest: Digest | undefined,
  size: number,
  limit: number,
): SafedockError {
  return new SafedockError(
    "ERR_BLOB_TOO_LARGE",
    `${path} has ${size} bytes, not at most ${limit}`,
    {
      data: { digest: digest ?? path, size, limit },
    },
  );
}

function noLayout(path: string, why: string, cause?: unknown): SafedockError {
  const source = printable(path);
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `${source} is no OCI layout: ${why}`, {
    data: { source },
    hint: "an OCI layout folder has the files oci-layout and index.json",
    cause,
  });
}

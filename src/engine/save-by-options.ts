import { stat } from "node:fs/promises";
import { checkNamedDigest } from "../image/check-named-digest.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import type { SaveFormat } from "../image/save-image.js";
import type { ArchiveCompression, ArchiveTarget } from "../image/write-target.js";
import { formatReference, parseReference } from "../oci/reference.js";
import { Image } from "./image.js";
import { isRecord, Problems, show } from "./problems.js";
import { readKnownOptions, reading } from "./read-options.js";
import type { SavedImages, SaveOptions } from "./save-options.js";

const KEYS = ["format", "reference", "compression", "signal", "onProgress"];
const FORMATS: readonly string[] = [
  "oci-layout",
  "oci-archive",
  "docker-archive",
] satisfies SaveFormat[];
const COMPRESSIONS: readonly string[] = ["none", "gzip"] satisfies ArchiveCompression[];

/** Saves images of the store as the options say. */
export async function saveByOptions(
  store: ImageStore,
  given: Image | string | readonly (Image | string)[],
  target: ArchiveTarget,
  givenOptions: SaveOptions,
): Promise<SavedImages> {
  const options = readKnownOptions("save options", givenOptions, KEYS);
  const images = reading("save options", "images", () => listOf(given));
  reading("save options", "target", () => check(images, target, options));
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const reference =
    options.reference === undefined
      ? undefined
      : formatReference(parseReference(options.reference));
  const records = new Map<string, ImageRecord>();
  for (const image of images) {
    const record = typeof image === "string" ? await store.get(image) : image.record;
    checkNamedDigest(reference, [record.digest, ...(record.indexes ?? [])]);
    records.set(`${record.digest} ${record.reference ?? ""}`, record);
  }
  const saved = [...records.values()].map((record) => {
    const name = reference ?? record.reference;
    return { record, references: name === undefined ? [] : [name] };
  });
  const format = options.format ?? (await formatOf(target));
  const compression = options.compression ?? compressionOf(target);
  await store.save(saved, target, { format, compression, signal, onProgress });
  return {
    format,
    images: saved.map(({ record, references }) => ({
      reference: references[0],
      digest: record.digest,
    })),
  };
}

function listOf(images: Image | string | readonly (Image | string)[]): readonly (Image | string)[] {
  if (typeof images === "string" || images instanceof Image) return [images];
  return Array.isArray(images) ? [...images] : images;
}

function check(
  images: readonly (Image | string)[],
  target: ArchiveTarget,
  options: SaveOptions,
): void {
  const problems = new Problems();
  const { format, compression, reference } = options;
  if (!Array.isArray(images)) problems.add("images: must be an image, or a list of images");
  else if (images.some((image) => typeof image !== "string" && !(image instanceof Image))) {
    problems.add("images: each must be an image, a reference or a digest");
  } else if (images.length === 0) problems.add("images: there must be one at least");
  else if (reference !== undefined && images.length > 1) {
    problems.add(`reference: names one image, and there are ${images.length}`);
  }
  if (format !== undefined && !FORMATS.includes(format)) {
    problems.add(`format: must be one of ${FORMATS.join(", ")}, not ${show(format)}`);
  }
  if (compression !== undefined && !COMPRESSIONS.includes(compression)) {
    problems.add(
      `compression: must be one of ${COMPRESSIONS.join(", ")}, not ${show(compression)}`,
    );
  }
  if (format === "oci-layout" && compression === "gzip") {
    problems.add("compression: a layout folder cannot be compressed as a whole");
  }
  const isPath = typeof target === "string" && target !== "" && !target.includes("\0");
  if (!isPath && !isStream(target)) {
    problems.add(`target: must be a path or a writable stream, not ${show(target)}`);
  } else if (!isPath && format === "oci-layout") {
    problems.add("target: must be the path of a folder for oci-layout");
  }
  problems.throwIfAny("save options");
}

function isStream(target: unknown): boolean {
  if (!isRecord(target)) return false;
  return typeof target["write"] === "function" || typeof target["getWriter"] === "function";
}

async function formatOf(target: ArchiveTarget): Promise<SaveFormat> {
  if (typeof target !== "string") return "oci-archive";
  if (/[/\\]$/.test(target)) return "oci-layout";
  const found = await stat(target).catch(() => undefined);
  return found?.isDirectory() === true ? "oci-layout" : "oci-archive";
}

function compressionOf(target: ArchiveTarget): ArchiveCompression {
  return typeof target === "string" && /\.(?:gz|tgz)$/i.test(target) ? "gzip" : "none";
}

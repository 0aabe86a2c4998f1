import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { isIndexMediaType, isManifestMediaType, OCI_INDEX } from "../oci/media-types.js";
import { formatPlatform } from "../oci/platform.js";
import { nameMatch, referencesOf, writtenNames } from "./image-names.js";

/** Most names that an error lists. */
const MAX_LISTED = 16;

/** One image of a folder or an archive. */
export interface HeldImage {
  /** Its manifest or index, or the parts of an index that is not written anywhere: one per platform. */
  readonly entries: readonly [Descriptor, ...Descriptor[]];
  /** References that it is given there, in full. */
  readonly references: readonly string[];
}

/**
 * The image of this name; without a name the only one.
 *
 * @param source - what errors call the folder or archive.
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED`, which lists the names that there are
 */
export function chooseImage(
  source: string,
  entries: readonly Descriptor[],
  name: string | undefined,
): HeldImage {
  const candidates = name === undefined ? entries.filter(isImage) : named(entries, name);
  const image = asOne(candidates);
  if (image === undefined) throw severalOrNone(source, entries, name);
  return image;
}

/** All images: those of one name are one, and so are all without any if each has a platform of its own. */
export function allImages(entries: readonly Descriptor[]): HeldImage[] {
  const groups = new Map<string, Descriptor[]>();
  for (const entry of entries.filter(isImage)) {
    const [name] = writtenNames(entry);
    // No name begins with a NUL: it cannot be taken for one of the others.
    const key = name ?? "\0";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  const images = new Map<string, HeldImage>();
  for (const group of groups.values()) {
    const whole = asOne(group);
    for (const image of whole === undefined ? group.map(single) : [whole]) {
      const key = image.entries.map(({ digest }) => digest).join(" ");
      const references = [...(images.get(key)?.references ?? []), ...image.references];
      images.set(key, { ...image, references: [...new Set(references)] });
    }
  }
  return [...images.values()];
}

/** The index that an image's entries make, where they are more than one. */
export function indexOf({ entries }: HeldImage): {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
} {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries };
  const bytes = Buffer.from(JSON.stringify(index));
  const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { descriptor: { mediaType: OCI_INDEX, digest, size: bytes.byteLength }, bytes };
}

function named(entries: readonly Descriptor[], name: string): Descriptor[] {
  const exact = entries.filter((entry) => nameMatch(entry, name) === "exact");
  return exact.length > 0 ? exact : entries.filter((entry) => nameMatch(entry, name) === "tag");
}

/** Signatures and attestations lie beside the images that they are about. */
function isImage(entry: Descriptor): boolean {
  const { mediaType, annotations, artifactType } = entry;
  if (annotations?.["vnd.docker.reference.type"] !== undefined) return false;
  const isNamed = writtenNames(entry).length > 0;
  if (artifactType !== undefined && !isNamed && !artifactType.includes("wasm")) return false;
  return isManifestMediaType(mediaType) || isIndexMediaType(mediaType);
}

function single(entry: Descriptor): HeldImage {
  return { entries: [entry], references: referencesOf(entry) };
}

/** Entries that are one image under several names, or one for each platform. */
function asOne(entries: readonly Descriptor[]): HeldImage | undefined {
  const distinct = new Map(entries.map((entry) => [entry.digest, entry]));
  const [first, ...others] = distinct.values();
  if (first === undefined) return undefined;
  const references = [...new Set(entries.flatMap(referencesOf))];
  const platforms = [...distinct.values()].map(({ platform }) =>
    platform === undefined ? undefined : formatPlatform(platform),
  );
  // Images that happen to differ in their platforms are not one for all that: each has names of its own.
  const areParts =
    haveSameNames(entries) &&
    !platforms.includes(undefined) &&
    new Set(platforms).size === platforms.length;
  return others.length === 0 || areParts ? { entries: [first, ...others], references } : undefined;
}

function haveSameNames(entries: readonly Descriptor[]): boolean {
  const namesOf = new Map<Digest, Set<string>>();
  for (const entry of entries) {
    const names = namesOf.get(entry.digest) ?? new Set();
    for (const name of writtenNames(entry)) names.add(name);
    namesOf.set(entry.digest, names);
  }
  const texts = Array.from(namesOf.values(), (names) => JSON.stringify([...names].toSorted()));
  return new Set(texts).size <= 1;
}

function severalOrNone(
  source: string,
  entries: readonly Descriptor[],
  name: string | undefined,
): SafedockError {
  const shown = printable(source);
  const names = entries
    .slice(0, MAX_LISTED)
    .map((entry) => printable(writtenNames(entry).at(-1) ?? "(no name)", 60))
    .join(", ");
  const held = entries.length === 0 ? "holds no image" : "holds several images";
  const count = name === undefined ? 0 : named(entries, name).length;
  const found = count === 0 ? "has no image" : `has ${count} images`;
  const what = name === undefined ? held : `${found} "${printable(name, 60)}"`;
  return new SafedockError("ERR_SOURCE_UNSUPPORTED", `${shown} ${what}: ${names || "none"}`, {
    data: { source: shown },
    hint: "pass tag",
  });
}

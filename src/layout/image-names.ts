import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { formatReference, parseReference, type Reference } from "../oci/reference.js";

/** Name of an image in a layout (OCI image specification, "Annotations"): a tag, or a whole reference. */
export const REF_NAME = "org.opencontainers.image.ref.name";
/** What containerd and Docker write beside it: the whole reference. */
export const IMAGE_NAME = "io.containerd.image.name";

/** The names that an entry of an index has, as they are written. */
export function writtenNames({ annotations }: Descriptor): string[] {
  const names = [annotations?.[IMAGE_NAME], annotations?.[REF_NAME]];
  return names.filter((name) => name !== undefined && name !== "") as string[];
}

/** The references among an entry's names, in full: a tag alone is none. */
export function referencesOf(entry: Descriptor): string[] {
  const { annotations, digest } = entry;
  const whole = referenceOf(annotations?.[IMAGE_NAME], digest);
  const name = annotations?.[REF_NAME];
  // No tag has one of these; "1.2" would be read as docker.io/library/1.2:latest.
  const other = name !== undefined && /[/:@]/.test(name) ? referenceOf(name, digest) : undefined;
  const found = [whole, other].filter((reference) => reference !== undefined);
  return [...new Set(found)];
}

/** Whether an entry goes by this name: as it is written, as the same reference, or with this tag. */
export function nameMatch(entry: Descriptor, wanted: string): "exact" | "tag" | undefined {
  if (writtenNames(entry).includes(wanted)) return "exact";
  const references = referencesOf(entry);
  const same = readReference(wanted);
  if (same !== undefined && references.includes(formatReference(same))) return "exact";
  return references.some((text) => readReference(text)?.tag === wanted) ? "tag" : undefined;
}

export function readReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** A reference whose digest is another's names something else than what is here. */
function referenceOf(text: string | undefined, digest: Digest): string | undefined {
  const reference = text === undefined ? undefined : readReference(text);
  if (reference === undefined) return undefined;
  if (reference.digest !== undefined && reference.digest !== digest) return undefined;
  return formatReference(reference);
}

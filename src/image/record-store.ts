import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import { digestHex, type Digest } from "../oci/digest.js";
import type { ImageRecord } from "./image-record.js";
import { isImageRecord, isStoredReference, type StoredReference } from "./is-image-record.js";
import { readStored, writeStored } from "./stored-json.js";

/** Image records by manifest digest, and references that point to them. */
export class RecordStore {
  constructor(private readonly content: ContentStore) {}

  /** Writes a record, and points its reference to it. */
  async put(record: ImageRecord): Promise<void> {
    const { reference, ...stored } = record;
    await writeStored(this.content, this.content.layout.image(record.digest), stored);
    if (reference !== undefined) await this.point(reference, record.digest);
  }

  /** The record of a manifest; without a reference. */
  async byDigest(digest: Digest): Promise<ImageRecord | undefined> {
    const value = await readStored(this.content.layout.image(digest));
    return isImageRecord(value) && value.digest === digest ? value : undefined;
  }

  /** @param reference - in full, as `formatReference` has it. */
  async byReference(reference: string): Promise<ImageRecord | undefined> {
    const pointer = await readStored(this.#referencePath(reference));
    if (!isStoredReference(pointer) || pointer.reference !== reference) return undefined;
    const record = await this.byDigest(pointer.digest);
    return record === undefined ? undefined : { ...record, reference };
  }

  /** One record for each reference, and one for each image without any; by reference. */
  async list(): Promise<ImageRecord[]> {
    const pointers = await this.references();
    const records: ImageRecord[] = [];
    const named = new Set<Digest>();
    for (const { reference, digest } of pointers) {
      const record = await this.byDigest(digest);
      if (record === undefined) continue;
      named.add(digest);
      records.push({ ...record, reference });
    }
    for (const record of await this.records()) {
      if (!named.has(record.digest)) records.push(record);
    }
    return records;
  }

  /** The records of all images, each once and without a reference. */
  async records(): Promise<ImageRecord[]> {
    const records: ImageRecord[] = [];
    for (const name of await readdir(this.content.layout.images)) {
      const record = await readStored(join(this.content.layout.images, name));
      if (isImageRecord(record)) records.push(record);
    }
    return records;
  }

  /** Points a reference to an image, whatever it pointed to before. */
  async point(reference: string, digest: Digest): Promise<void> {
    const pointer: StoredReference = { reference, digest };
    await writeStored(this.content, this.#referencePath(reference), pointer);
  }

  async removeReferences(references: readonly string[]): Promise<void> {
    for (const reference of references) await rm(this.#referencePath(reference), { force: true });
  }

  async removeRecord(digest: Digest): Promise<void> {
    await rm(this.content.layout.image(digest), { force: true });
  }

  /** All references, in their order; also those whose record is missing. */
  async references(): Promise<StoredReference[]> {
    const { references } = this.content.layout;
    const pointers: StoredReference[] = [];
    for (const name of await readdir(references)) {
      const pointer = await readStored(join(references, name));
      if (isStoredReference(pointer)) pointers.push(pointer);
    }
    return pointers.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  #referencePath(reference: string): string {
    const name = digestHex(nameOfReference(reference));
    return join(this.content.layout.references, `${name}.json`);
  }
}

/** What the file of a reference is named for. */
export function nameOfReference(reference: string): Digest {
  return `sha256:${createHash("sha256").update(reference).digest("hex")}`;
}

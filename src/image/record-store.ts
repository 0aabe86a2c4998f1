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
    await writeStored(this.content, this.#recordPath(record.digest), stored);
    if (reference !== undefined) {
      const pointer: StoredReference = { reference, digest: record.digest };
      await writeStored(this.content, this.#referencePath(reference), pointer);
    }
  }

  /** The record of a manifest; without a reference. */
  async byDigest(digest: Digest): Promise<ImageRecord | undefined> {
    const value = await readStored(this.#recordPath(digest));
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

  /** Drops a reference, and the record with its last one. Tells whether there was one. */
  async removeReference(reference: string): Promise<boolean> {
    const record = await this.byReference(reference);
    if (record === undefined) return false;
    await rm(this.#referencePath(reference), { force: true });
    const others = await this.references();
    if (!others.some(({ digest }) => digest === record.digest)) {
      await rm(this.#recordPath(record.digest), { force: true });
    }
    return true;
  }

  /** Drops a record and all references to it. Tells whether there was one. */
  async removeDigest(digest: Digest): Promise<boolean> {
    const record = await this.byDigest(digest);
    for (const pointer of await this.references()) {
      if (pointer.digest === digest)
        await rm(this.#referencePath(pointer.reference), { force: true });
    }
    await rm(this.#recordPath(digest), { force: true });
    return record !== undefined;
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

  #recordPath(digest: Digest): string {
    return join(this.content.layout.images, `${digestHex(digest)}.json`);
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

import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import { errorCodeOf } from "../content/process-identity.js";
import { digestHex, isDigest, type Digest } from "../oci/digest.js";
import { isModuleList } from "../snapshot/snapshot-store.js";
import { IMAGE_FORMATS } from "./image-format.js";
import type { ImageRecord } from "./image-record.js";
import { isComponentList, isImageProgram } from "./is-image-program.js";

interface StoredReference {
  readonly reference: string;
  readonly digest: Digest;
}

/** Image records by manifest digest, and references that point to them. */
export class RecordStore {
  constructor(private readonly content: ContentStore) {}

  /** Writes a record, and points its reference to it. */
  async put(record: ImageRecord): Promise<void> {
    const { reference, ...stored } = record;
    await this.#write(this.#recordPath(record.digest), stored);
    if (reference !== undefined) {
      const pointer: StoredReference = { reference, digest: record.digest };
      await this.#write(this.#referencePath(reference), pointer);
    }
  }

  /** The record of a manifest; without a reference. */
  async byDigest(digest: Digest): Promise<ImageRecord | undefined> {
    const value = await readJson(this.#recordPath(digest));
    return isRecord(value) && value.digest === digest ? value : undefined;
  }

  /** @param reference - in full, as `formatReference` has it. */
  async byReference(reference: string): Promise<ImageRecord | undefined> {
    const pointer = await readJson(this.#referencePath(reference));
    if (!isPointer(pointer) || pointer.reference !== reference) return undefined;
    const record = await this.byDigest(pointer.digest);
    return record === undefined ? undefined : { ...record, reference };
  }

  /** One record for each reference, and one for each image without any; by reference. */
  async list(): Promise<ImageRecord[]> {
    const pointers = await this.#pointers();
    const records: ImageRecord[] = [];
    const named = new Set<Digest>();
    for (const { reference, digest } of pointers) {
      const record = await this.byDigest(digest);
      if (record === undefined) continue;
      named.add(digest);
      records.push({ ...record, reference });
    }
    for (const name of await readdir(this.content.layout.images)) {
      const record = await readJson(join(this.content.layout.images, name));
      if (isRecord(record) && !named.has(record.digest)) records.push(record);
    }
    return records;
  }

  /** Drops a reference, and the record with its last one. Tells whether there was one. */
  async removeReference(reference: string): Promise<boolean> {
    const record = await this.byReference(reference);
    if (record === undefined) return false;
    await rm(this.#referencePath(reference), { force: true });
    const others = await this.#pointers();
    if (!others.some(({ digest }) => digest === record.digest)) {
      await rm(this.#recordPath(record.digest), { force: true });
    }
    return true;
  }

  /** Drops a record and all references to it. Tells whether there was one. */
  async removeDigest(digest: Digest): Promise<boolean> {
    const record = await this.byDigest(digest);
    for (const pointer of await this.#pointers()) {
      if (pointer.digest === digest)
        await rm(this.#referencePath(pointer.reference), { force: true });
    }
    await rm(this.#recordPath(digest), { force: true });
    return record !== undefined;
  }

  async #pointers(): Promise<StoredReference[]> {
    const { references } = this.content.layout;
    const pointers: StoredReference[] = [];
    for (const name of await readdir(references)) {
      const pointer = await readJson(join(references, name));
      if (isPointer(pointer)) pointers.push(pointer);
    }
    return pointers.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  #recordPath(digest: Digest): string {
    return join(this.content.layout.images, `${digestHex(digest)}.json`);
  }

  #referencePath(reference: string): string {
    const name = createHash("sha256").update(reference).digest("hex");
    return join(this.content.layout.references, `${name}.json`);
  }

  async #write(path: string, value: unknown): Promise<void> {
    const temporary = this.content.temporary.newPath();
    try {
      await writeFile(temporary, JSON.stringify(value), { flag: "wx" });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/** `undefined` for what is not there or not JSON: such a record is pulled again. */
async function readJson(path: string): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function isPointer(value: unknown): value is StoredReference {
  return (
    isObject(value) &&
    "reference" in value &&
    "digest" in value &&
    typeof value.reference === "string" &&
    isDigest(value.digest)
  );
}

function isRecord(value: unknown): value is ImageRecord {
  if (!isObject(value)) return false;
  if (!("digest" in value && "chainId" in value && "layers" in value && "config" in value)) {
    return false;
  }
  if (!("modules" in value && "format" in value && "platform" in value && "createdAt" in value)) {
    return false;
  }
  const { digest, chainId, layers, config, modules, format, platform, createdAt } = value;
  if ("program" in value && !isImageProgram(value.program)) return false;
  if ("components" in value && !isComponentList(value.components)) return false;
  return (
    isDigest(digest) &&
    isDigest(chainId) &&
    Array.isArray(layers) &&
    layers.every(isLayer) &&
    isObject(config) &&
    isObject(platform) &&
    isModuleList(modules) &&
    typeof format === "string" &&
    IMAGE_FORMATS.includes(format) &&
    typeof createdAt === "string"
  );
}

function isLayer(value: unknown): boolean {
  return (
    isObject(value) &&
    "digest" in value &&
    "diffId" in value &&
    isDigest(value.digest) &&
    isDigest(value.diffId)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

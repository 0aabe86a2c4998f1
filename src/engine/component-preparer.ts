import { readFile, rm } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { preparedKey, preparedVariant } from "../component/prepare-key.js";
import type { PreparedComponent } from "../component/prepared-component.js";
import { decodePrepared } from "../component/prepared-file.js";
import { transpile } from "../component/transpile.js";
import { errorCodeOf } from "../content/process-identity.js";
import { SharedFlights } from "../content/shared-flights.js";
import type { ModuleSource } from "../guest/compiled-module.js";
import type { ContentStore } from "../content/content-store.js";
import { PreparedFiles } from "../image/prepared-files.js";
import { parseDigest, type Digest } from "../oci/digest.js";

export interface PrepareOptions {
  /** Largest component, in bytes. */
  readonly maxBytes: number;
  /** Time that taking it apart may take, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const preparers = new WeakMap<ContentStore, ComponentPreparer>();

/** The preparer of a store: who asks it twice for a component at the same time has it made once. */
export function preparerOf(content: ContentStore): ComponentPreparer {
  let preparer = preparers.get(content);
  if (preparer === undefined) {
    preparer = new ComponentPreparer(content);
    preparers.set(content, preparer);
  }
  return preparer;
}

/**
 * Components in the form that workers load: from the store's folder of prepared ones if they are there, else
 * taken apart in a thread and kept there. Those that lie in no image are not kept.
 */
class ComponentPreparer {
  readonly #files: PreparedFiles;
  readonly #flights = new SharedFlights<PreparedComponent>(() => Promise.resolve());

  constructor(content: ContentStore) {
    this.#files = new PreparedFiles(content);
  }

  /**
   * @throws SafedockError `ERR_MODULE_TOO_LARGE`, `ERR_MODULE_COMPILE_TIMEOUT`, `ERR_COMPONENT_INVALID`,
   * `ERR_COMPONENT_NAME_UNSAFE`, `ERR_COMPONENT_UNSUPPORTED`, `ERR_WORKER_FAILED`; an abort rejects with
   * `signal.reason`
   */
  async prepare(source: ModuleSource, options: PrepareOptions): Promise<PreparedComponent> {
    assertSize(source, options.maxBytes);
    const { signal, timeoutMs } = options;
    const flight = await this.#flights.acquire(
      source.key,
      (context) => this.#prepare(source, { signal: context.signal, timeoutMs }),
      { signal },
    );
    await flight.release();
    return flight.value;
  }

  async #prepare(source: ModuleSource, options: Deadline): Promise<PreparedComponent> {
    const digest = await this.#files.digestAt(source.key);
    const known = digest === undefined ? undefined : await this.#read(digest);
    return known ?? (await this.#make(source, options));
  }

  async #make(source: ModuleSource, options: Deadline): Promise<PreparedComponent> {
    const temporary = this.#files.newPath();
    const order = { source: bytesOf(source), component: source.name, temporary };
    try {
      const first = await transpile({ ...order, folder: this.#files.folder }, options);
      const digest = parseDigest(first.digest);
      const known = first.isKnown ? await this.#read(digest) : undefined;
      if (known !== undefined) {
        await this.#files.setDigestAt(source.key, digest);
        return known;
      }
      // What seemed to be there was damaged.
      if (first.isKnown) await transpile(order, options);
      const made = await decodePrepared(await readFile(temporary), preparedKey(digest));
      if (made === undefined) throw notWritten(source.name);
      if ("file" in source) {
        await this.#files.commit(temporary, digest, preparedVariant());
        await this.#files.setDigestAt(source.key, digest);
      }
      return made;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** A prepared component of the store; one that is damaged is removed. */
  async #read(digest: Digest): Promise<PreparedComponent | undefined> {
    const path = this.#files.path(digest, preparedVariant());
    let file: Buffer;
    try {
      file = await readFile(path);
    } catch (error) {
      if (errorCodeOf(error) === "ENOENT") return undefined;
      throw error;
    }
    const prepared = await decodePrepared(file, preparedKey(digest));
    if (prepared === undefined) await this.#files.discard(digest, preparedVariant());
    return prepared;
  }
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

function bytesOf(source: ModuleSource) {
  if ("bytes" in source) return { bytes: source.bytes };
  return { file: source.file, offset: source.offset, length: source.length };
}

/** @throws SafedockError `ERR_MODULE_TOO_LARGE` */
export function assertSize(source: ModuleSource, limit: number): void {
  const size = "bytes" in source ? source.bytes.length : source.length;
  if (size <= limit) return;
  throw new SafedockError(
    "ERR_MODULE_TOO_LARGE",
    `${source.name} has ${size} bytes, the limit is ${limit}`,
    { data: { module: source.name, size, limit } },
  );
}

function notWritten(component: string): SafedockError {
  const problem = "what was made of it is not as it was written";
  return new SafedockError("ERR_WORKER_FAILED", `${component} was not prepared: ${problem}`, {
    data: { problem },
  });
}

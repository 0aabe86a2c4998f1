import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import type { ReadyLayer } from "./blob-intake.js";
import type { LayerRole } from "./image-format.js";
import { readHead } from "./module-layer.js";
import { withFile } from "./moving-files.js";
import { invalid, type SpinComponent, type SpinContent } from "./spin-app.js";

/** Where some content lies: a part of a layer. */
interface Place {
  readonly layer: number;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Bytes of an archive hashed at once. */
const HASH_CHUNK_BYTES = 256 * 1024;

/** Finds the bytes that a Spin application's lock file names by their digest. */
export class SpinContents {
  readonly #places = new Map<Digest, Place>();
  readonly #heads = new Map<Place, Uint8Array>();
  readonly #inline: Uint8Array[] = [];

  private constructor() {}

  /**
   * Content lies in a layer of its own, among others in an archive, or in the lock file.
   *
   * @throws SafedockError `ERR_DIGEST_MISMATCH` for inline content with a wrong digest
   */
  static async find(
    ready: readonly ReadyLayer[],
    roles: readonly LayerRole[],
    app: readonly SpinComponent[],
    signal: AbortSignal,
  ): Promise<SpinContents> {
    const contents = new SpinContents();
    for (const [layer, item] of ready.entries()) {
      const { digest, size } = item.layer;
      if (roles[layer] === "archive") await contents.#addArchive(layer, item, signal);
      else contents.#places.set(digest, { layer, offset: 0, size });
    }
    contents.#addInline(app, ready.length);
    return contents;
  }

  /** What only the lock file has, one after the other: the layer behind all others. */
  inline(): Uint8Array | undefined {
    return this.#inline.length === 0 ? undefined : Buffer.concat(this.#inline);
  }

  /**
   * Where content lies, with its first bytes.
   *
   * @throws SafedockError `ERR_CONFIG_INVALID` if no layer has it
   */
  async place(
    { digest, inline }: SpinContent,
    what: string,
    ready: readonly ReadyLayer[],
  ): Promise<Place & { readonly head: Uint8Array }> {
    const key = inline === undefined ? digest : inlineDigest(inline, digest);
    const place = key === undefined ? undefined : this.#places.get(key);
    const file = place === undefined ? undefined : ready[place.layer];
    if (place === undefined || file === undefined) {
      throw invalid(`the content of the ${what}, ${key ?? "without a digest"}, is in no layer`);
    }
    const head =
      this.#heads.get(place) ??
      (await withFile(file.hostPath, (path) => readHead(path, place.offset, place.size)));
    this.#heads.set(place, head);
    return { ...place, head };
  }

  async #addArchive(
    layer: number,
    { entries, hostPath }: ReadyLayer,
    signal: AbortSignal,
  ): Promise<void> {
    const buffer = Buffer.allocUnsafe(HASH_CHUNK_BYTES);
    const file = await withFile(hostPath, (path) => open(path, "r"));
    try {
      for (const { type, offset, size } of entries) {
        if (type !== "file") continue;
        const hash = createHash("sha256");
        for (let done = 0; done < size;) {
          signal.throwIfAborted();
          const length = Math.min(buffer.length, size - done);
          const { bytesRead } = await file.read(buffer, 0, length, offset + done);
          if (bytesRead === 0) break;
          hash.update(buffer.subarray(0, bytesRead));
          done += bytesRead;
        }
        this.#places.set(`sha256:${hash.digest("hex")}`, { layer, offset, size });
      }
    } finally {
      await file.close();
    }
  }

  #addInline(app: readonly SpinComponent[], layer: number): void {
    let offset = 0;
    for (const { source, files } of app) {
      for (const { digest, inline } of [source, ...files]) {
        if (inline === undefined) continue;
        const actual = inlineDigest(inline, digest);
        if (this.#places.has(actual)) continue;
        this.#places.set(actual, { layer, offset, size: inline.byteLength });
        this.#inline.push(inline);
        offset += inline.byteLength;
      }
    }
  }
}

/** The digest by which inline content is found, which must be right where the lock file names one. */
function inlineDigest(inline: Uint8Array, expected: Digest | undefined): Digest {
  const algorithm = expected === undefined ? "sha256" : digestAlgorithm(expected);
  const actual: Digest = `${algorithm}:${createHash(algorithm).update(inline).digest("hex")}`;
  if (expected !== undefined && digestHex(actual) !== digestHex(expected)) {
    throw new SafedockError("ERR_DIGEST_MISMATCH", `Inline content is ${actual}, not ${expected}`, {
      data: { expected, actual },
    });
  }
  return actual;
}

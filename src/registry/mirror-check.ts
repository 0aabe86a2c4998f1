import { createHash, type Hash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import { digestAlgorithm, type Digest } from "../oci/digest.js";
import type { Mirror } from "./mirror.js";

/**
 * Hashes a blob of which mirrors gave a part. Whoever reads it verifies it as well; this one finds out
 * whom to ask no more, so that another try goes elsewhere. Without mirrors it does nothing.
 */
export class MirrorCheck {
  readonly #mirrors = new Set<Mirror>();
  readonly #hash: Hash | undefined;

  constructor(
    private readonly blob: { readonly digest: Digest },
    hasMirrors: boolean,
  ) {
    if (hasMirrors) this.#hash = createHash(digestAlgorithm(blob.digest));
  }

  /** Says who gives the bytes from now on. */
  begin(mirror: Mirror | undefined): void {
    if (mirror !== undefined) this.#mirrors.add(mirror);
  }

  update(chunk: Uint8Array): void {
    this.#hash?.update(chunk);
  }

  /** @throws SafedockError `ERR_DIGEST_MISMATCH` */
  end(): void {
    if (this.#hash === undefined || this.#mirrors.size === 0) return;
    const expected = this.blob.digest;
    const actual = `${digestAlgorithm(expected)}:${this.#hash.digest("hex")}`;
    if (actual === expected) return;
    for (const mirror of this.#mirrors) mirror.distrust();
    throw new SafedockError("ERR_DIGEST_MISMATCH", `The bytes are ${actual}, not ${expected}`, {
      data: { expected, actual },
      hint: "a mirror changed them; it is not asked again",
    });
  }
}

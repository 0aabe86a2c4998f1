import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";

/** Whoever writes this means a digest, and not the tag of an image that is called so. */
const LOOKS_LIKE_DIGEST = /^sha(?:256|512):/;

export function looksLikeDigest(name: string): boolean {
  return LOOKS_LIKE_DIGEST.test(name);
}

export function imageNotFound(name: string): SafedockError {
  const reference = printable(name);
  return new SafedockError("ERR_IMAGE_NOT_FOUND", `The store has no image ${reference}`, {
    data: { reference },
    hint: "pull or load it first",
  });
}

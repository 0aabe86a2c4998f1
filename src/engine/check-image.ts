import { Image } from "./image.js";
import { Problems, show } from "./problems.js";

/**
 * What a verb takes for an image.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` for anything else
 */
export function checkImage(image: unknown): asserts image is Image | string {
  if (typeof image === "string" || isImage(image)) return;
  const problems = new Problems();
  problems.add(`image: must be an image, or the reference or digest of one, not ${show(image)}`);
  problems.throwIfAny("image");
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` for what is no text */
export function checkText(at: string, text: unknown): asserts text is string {
  if (typeof text === "string") return;
  const problems = new Problems();
  problems.add(`${at}: must be a string, not ${show(text)}`);
  problems.throwIfAny(at);
}

/** `instanceof` throws for some proxies. */
function isImage(value: unknown): boolean {
  try {
    return value instanceof Image;
  } catch {
    return false;
  }
}

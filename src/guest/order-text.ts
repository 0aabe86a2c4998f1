import type { GuestSpec } from "./guest-spec.js";

const texts = new WeakMap<GuestSpec, string>();

/** The order as it is sent; a container that runs again and again gives the same object each time. */
export function encodeOrder(spec: GuestSpec): string {
  let text = texts.get(spec);
  if (text === undefined) {
    text = JSON.stringify(spec);
    texts.set(spec, text);
  }
  return text;
}

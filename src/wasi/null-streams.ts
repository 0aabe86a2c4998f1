import type { InputStream, OutputStream } from "./stdio.js";

/** Standard input that is at its end, as /dev/null. */
export const NULL_INPUT: InputStream = Object.freeze({
  read: () => 0,
  available: () => 0,
  ended: () => true,
  wait: () => true,
});

/** Takes all bytes and keeps none. */
export const NULL_OUTPUT: OutputStream = Object.freeze({
  write: (_src: Uint8Array, _offset: number, length: number) => length,
});

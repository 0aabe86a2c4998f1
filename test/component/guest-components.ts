import { readFileSync } from "node:fs";

const folder = new URL("../guests/components/", import.meta.url);

/** Bytes of a component in test/guests/components. */
export function guestComponent(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.wasm`, folder)));
}

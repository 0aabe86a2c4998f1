import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Host path of a small guest program that is checked in with its source. */
export function guestPath(name: string): string {
  return fileURLToPath(new URL(`../guests/c/tools/${name}.wasm`, import.meta.url));
}

export function guestBytes(name: string): Promise<Buffer> {
  return readFile(guestPath(name));
}

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The path of a component beside its source: `hello`, `real/kinds`. */
export function componentPath(name: string): string {
  return fileURLToPath(new URL(`../guests/components/${name}.wasm`, import.meta.url));
}

export async function componentBytes(name: string): Promise<Uint8Array> {
  return await readFile(componentPath(name));
}

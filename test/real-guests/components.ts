import { fileURLToPath } from "node:url";

/** The path of a component beside its source: `hello`, `real/kinds`. */
export function componentPath(name: string): string {
  return fileURLToPath(new URL(`../guests/components/${name}.wasm`, import.meta.url));
}

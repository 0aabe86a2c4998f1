import { fileURLToPath } from "node:url";

/** Host path of a guest that attacks filesystems. */
export function hostileGuest(name: string): string {
  return fileURLToPath(new URL(`../../guests/hostile/files/${name}.wasm`, import.meta.url));
}

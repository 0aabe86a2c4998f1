import { fileURLToPath } from "node:url";

/** Host path of a guest that attacks mounts. */
export function hostileGuest(name: string): string {
  return fileURLToPath(new URL(`../../guests/hostile/mounts/${name}.wasm`, import.meta.url));
}

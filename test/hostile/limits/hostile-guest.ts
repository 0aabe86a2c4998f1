import { fileURLToPath } from "node:url";
import type { Engine, Image } from "safedock";

/** A guest that attacks limits, by its name. */
export function hostileGuest(engine: Engine, name: string): Promise<Image> {
  return engine.loadImage(
    fileURLToPath(new URL(`../../guests/hostile/limits/${name}.wasm`, import.meta.url)),
  );
}

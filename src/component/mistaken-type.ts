import type { WorldTypes } from "../wasm/world/world-types.js";
import { TypeDigests, withoutVersion } from "./type-digest.js";
import { WASI_SIGNATURES } from "./wasi-signatures.js";

/**
 * The first function of WASI 0.2, or of a draft that we answer, that a component imports or exports with another type than WASI's, to be said
 * behind the component's name; `undefined` if there is none. Generated code would hand our functions values
 * that they are not made for.
 */
export function mistakenType(world: WorldTypes): string | undefined {
  const digests = new TypeDigests(world);
  for (const { name, functions } of [...world.imports, ...world.exports]) {
    for (const each of functions) {
      const known = WASI_SIGNATURES.get(`${withoutVersion(name)}#${each.name}`);
      if (known === undefined || known.split(" ").includes(digests.ofFunction(each))) continue;
      return `its ${name}#${each.name} has another type than WASI's`;
    }
  }
  return undefined;
}

import type { WorldTypes } from "../wasm/world/world-types.js";
import { withoutVersion } from "./type-digest.js";
import { WASI_SIGNATURES } from "./wasi-signatures.js";

/** What of WASI's is the guest's to give. */
const EXPORTED: ReadonlySet<string> = new Set([
  "wasi:cli/run#run",
  "wasi:http/incoming-handler#handle",
]);

let packages: ReadonlySet<string> | undefined;

/**
 * The functions that a component imports from packages of WASI that do not have them, as `interface#function`.
 * Generated code would find nothing by their names, or what every object of JavaScript has: `to-string`.
 */
export function unknownImports({ imports }: WorldTypes): readonly string[] {
  packages ??= new Set([...WASI_SIGNATURES.keys()].map(packageOf));
  const ofWasi = imports.filter(({ name }) => packages?.has(packageOf(name)));
  return ofWasi.flatMap(({ name, functions }) =>
    functions
      .filter((each) => !isProvided(`${withoutVersion(name)}#${each.name}`))
      .map((each) => `${name}#${each.name}`),
  );
}

function isProvided(key: string): boolean {
  return WASI_SIGNATURES.has(key) && !EXPORTED.has(key);
}

function packageOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf("/")));
}

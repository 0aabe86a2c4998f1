import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The transpiler's package; optional. */
export const JCO = "@bytecodealliance/jco-transpile";

/**
 * The version that package.json names. It counts where the transpiler is not installed: a store that was
 * filled elsewhere is of use there.
 */
export const EXPECTED_JCO_VERSION = "0.15.0";

let version: string | undefined;

/** The version of the transpiler that components are prepared with here. */
export function jcoVersion(): string {
  return (version ??= installedVersion() ?? EXPECTED_JCO_VERSION);
}

function installedVersion(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`${JCO}/component`);
    const text = readFileSync(join(entry, "..", "..", "package.json"), "utf8");
    const found: unknown = (JSON.parse(text) as { readonly version?: unknown }).version;
    return typeof found === "string" ? found : undefined;
  } catch {
    // Not installed: whoever needs it is told.
    return undefined;
  }
}

import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { jcoVersion } from "./jco-version.js";

/**
 * Of what is refused beforehand, and of what is made of jco's output: the script's form, the file's, and what is
 * looked up in it.
 */
const FORMAT = 14;

/**
 * How jco generates: one script that instantiates at once, whose imports may give functions for the flat
 * canonical ABI (`Symbol.for("cabiLower")`), and whose exports are named by their interfaces' full names.
 */
export const GENERATE_OPTIONS = {
  name: "c",
  noTypescript: true,
  instantiation: { tag: "sync" },
  importBindings: { tag: "hybrid" },
  base64Cutoff: 0,
  noNodejsCompat: true,
  validLiftingOptimization: false,
  noComponentErrorWrapping: true,
  tlaCompat: false,
} as const;

let variant: string | undefined;

/** What besides its bytes a prepared component depends on, as the name of a file. */
export function preparedVariant(): string {
  return (variant ??= createHash("sha256")
    .update(JSON.stringify([FORMAT, jcoVersion(), GENERATE_OPTIONS, headFormat()]))
    .digest("hex"));
}

/** @param digest - of the component: `sha256:…` */
export function preparedKey(digest: string): string {
  return `${digest} ${preparedVariant()}`;
}

/** Number of the format in which V8 writes values: an older Node cannot read a newer one's. */
function headFormat(): number {
  return serialize(null)[1] ?? 0;
}

import type { LoadOptions } from "./engine-options.js";
import { Problems, show } from "./problems.js";

const KEYS = [
  "signal",
  "reference",
  "tag",
  "names",
  "platform",
  "maxArchiveBytes",
  "limits",
  "onProgress",
];
const NAMES: readonly unknown[] = ["keep", "ignore", undefined];

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems. */
export function checkLoadOptions(options: LoadOptions): void {
  const problems = new Problems();
  problems.keys("", options, KEYS);
  const { names, maxArchiveBytes } = options;
  if (!NAMES.includes(names)) {
    problems.add(`names: must be "keep" or "ignore", not ${show(names)}`);
  }
  problems.integer("maxArchiveBytes", maxArchiveBytes, 1, Number.MAX_SAFE_INTEGER, undefined);
  problems.throwIfAny("load options");
}

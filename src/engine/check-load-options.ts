import { limitProblems } from "../image/image-limits.js";
import type { LoadOptions } from "./engine-options.js";
import { Problems, show } from "./problems.js";
import { readKnownOptions, reading } from "./read-options.js";

const KEYS = [
  "signal",
  "reference",
  "tag",
  "names",
  "platform",
  "maxArchiveBytes",
  "limits",
  "prepare",
  "onProgress",
];
/** Several images have names of their own. */
const KEYS_OF_ALL = KEYS.filter((key) => key !== "reference" && key !== "tag");
const NAMES: readonly unknown[] = ["keep", "ignore", undefined];

/**
 * @returns the options, each read once
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkLoadOptions(
  verb: "loadImage" | "loadImages",
  given: LoadOptions,
): LoadOptions {
  const keys = verb === "loadImage" ? KEYS : KEYS_OF_ALL;
  const options = readKnownOptions("load options", given, keys);
  reading("load options", "options", () => check(options));
  return options;
}

function check(options: LoadOptions): void {
  const problems = new Problems();
  const { names, maxArchiveBytes, limits, platform, tag } = options;
  if (!NAMES.includes(names)) {
    problems.add(`names: must be "keep" or "ignore", not ${show(names)}`);
  }
  problems.integer("maxArchiveBytes", maxArchiveBytes, 1, Number.MAX_SAFE_INTEGER, undefined);
  if (tag !== undefined && typeof tag !== "string") {
    problems.add(`tag: must be a string, not ${show(tag)}`);
  }
  problems.platform("platform", platform);
  problems.boolean("prepare", options.prepare);
  for (const problem of limitProblems(limits)) problems.add(problem);
  problems.throwIfAny("load options");
}

import type { PruneOptions, RemoveImageOptions } from "../image/housekeeping-options.js";
import { Problems } from "./problems.js";
import { readKnownOptions } from "./read-options.js";

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkRemoveImageOptions(given: RemoveImageOptions): RemoveImageOptions {
  const options = readKnownOptions("remove options", given, ["force", "collect"]);
  const problems = new Problems();
  problems.boolean("force", options.force);
  problems.boolean("collect", options.collect);
  problems.throwIfAny("remove options");
  return options;
}

/**
 * Checks what would remove more than was meant: `dryRun` that is mistyped, an age that is no number.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkPruneOptions(given: PruneOptions): PruneOptions {
  const keys = ["all", "olderThanMs", "dryRun", "signal"];
  const options = readKnownOptions("prune options", given, keys);
  const problems = new Problems();
  problems.boolean("all", options.all);
  problems.boolean("dryRun", options.dryRun);
  problems.integer("olderThanMs", options.olderThanMs, 0, Number.MAX_SAFE_INTEGER, undefined);
  problems.throwIfAny("prune options");
  return options;
}

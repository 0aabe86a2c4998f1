import type { PruneOptions, RemoveImageOptions } from "../image/housekeeping-options.js";
import { Problems } from "./problems.js";

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkRemoveImageOptions(options: RemoveImageOptions): void {
  const problems = new Problems();
  problems.keys("", options, ["force", "collect"]);
  problems.throwIfAny("remove options");
  problems.boolean("force", options.force);
  problems.boolean("collect", options.collect);
  problems.throwIfAny("remove options");
}

/**
 * Checks what would remove more than was meant: `dryRun` that is mistyped, an age that is no number.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkPruneOptions(options: PruneOptions): void {
  const problems = new Problems();
  problems.keys("", options, ["all", "olderThanMs", "dryRun", "signal"]);
  problems.throwIfAny("prune options");
  problems.boolean("all", options.all);
  problems.boolean("dryRun", options.dryRun);
  problems.integer("olderThanMs", options.olderThanMs, 0, Number.MAX_SAFE_INTEGER, undefined);
  problems.throwIfAny("prune options");
}

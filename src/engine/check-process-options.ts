import type { ExportOptions } from "./commit-options.js";
import type { RemoveOptions, StopOptions } from "./container.js";
import type { ExecOptions } from "./container-options.js";
import { Problems, show } from "./problems.js";

const START_KEYS = ["stdin", "signal", "onHostCall"];
const EXEC_KEYS = [...START_KEYS, "env"];

/**
 * Options of `start` and `exec` but for the variables, which are checked where they are used.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkProcessOptions(verb: "start" | "exec", options: ExecOptions): void {
  const problems = new Problems();
  problems.keys("", options, verb === "exec" ? EXEC_KEYS : START_KEYS);
  problems.throwIfAny(`${verb} options`);
  const { stdin } = options;
  if (stdin !== undefined && stdin !== "pipe" && stdin !== "none") {
    problems.add(`stdin: must be "pipe" or "none", not ${show(stdin)}`);
  }
  checkListener(options.onHostCall, problems);
  problems.throwIfAny(`${verb} options`);
}

/** `onHostCall` of a process. */
export function checkListener(listener: unknown, problems: Problems): void {
  if (listener === undefined || typeof listener === "function") return;
  problems.add(`onHostCall: must be a function, not ${show(listener)}`);
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkStopOptions(options: StopOptions): void {
  const problems = new Problems();
  problems.keys("", options, ["graceMs"]);
  problems.throwIfAny("stop options");
  const graceMs: unknown = options.graceMs ?? 0;
  // Infinity is as long as it takes.
  if (typeof graceMs !== "number" || !(graceMs >= 0)) {
    problems.add(`graceMs: must be a number of milliseconds, not ${show(graceMs)}`);
  }
  problems.throwIfAny("stop options");
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkRemoveOptions(options: RemoveOptions): void {
  const problems = new Problems();
  problems.keys("", options, ["force"]);
  problems.throwIfAny("remove options");
  problems.boolean("force", options.force);
  problems.throwIfAny("remove options");
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkExportOptions(options: ExportOptions): void {
  const problems = new Problems();
  problems.keys("", options, ["signal"]);
  problems.throwIfAny("export options");
}

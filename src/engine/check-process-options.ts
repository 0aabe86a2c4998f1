import type { ExportOptions } from "./commit-options.js";
import type { RemoveOptions, StopOptions } from "./container.js";
import type { ExecOptions } from "./container-options.js";
import { plainCopy } from "./plain-copy.js";
import { Problems, show } from "./problems.js";
import { readKnownOptions } from "./read-options.js";

const START_KEYS = ["stdin", "signal", "onHostCall"];
const EXEC_KEYS = [...START_KEYS, "env"];

/**
 * Options of `start` and `exec`, each read once, and checked but for what the variables together take.
 *
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all problems
 */
export function checkProcessOptions(verb: "start" | "exec", given: ExecOptions): ExecOptions {
  const keys = verb === "exec" ? EXEC_KEYS : START_KEYS;
  const options = readKnownOptions(`${verb} options`, given, keys);
  const problems = new Problems();
  const { stdin } = options;
  if (stdin !== undefined && stdin !== "pipe" && stdin !== "none") {
    problems.add(`stdin: must be "pipe" or "none", not ${show(stdin)}`);
  }
  checkListener(options.onHostCall, problems);
  const env = plainCopy("env", options.env, problems);
  problems.throwIfAny(`${verb} options`);
  // Its shape is checked where it is used.
  return env === undefined ? options : { ...options, env: env as NonNullable<ExecOptions["env"]> };
}

/** `onHostCall` of a process. */
export function checkListener(listener: unknown, problems: Problems): void {
  if (listener === undefined || typeof listener === "function") return;
  problems.add(`onHostCall: must be a function, not ${show(listener)}`);
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkStopOptions(given: StopOptions): StopOptions {
  const options = readKnownOptions("stop options", given, ["graceMs"]);
  const problems = new Problems();
  const graceMs: unknown = options.graceMs ?? 0;
  // Infinity is as long as it takes.
  if (typeof graceMs !== "number" || !(graceMs >= 0)) {
    problems.add(`graceMs: must be a number of milliseconds, not ${show(graceMs)}`);
  }
  problems.throwIfAny("stop options");
  return options;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkRemoveOptions(given: RemoveOptions): RemoveOptions {
  const options = readKnownOptions("remove options", given, ["force"]);
  const problems = new Problems();
  problems.boolean("force", options.force);
  problems.throwIfAny("remove options");
  return options;
}

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems */
export function checkExportOptions(given: ExportOptions): ExportOptions {
  return readKnownOptions("export options", given, ["signal"]);
}

import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { workerFailed } from "./worker-failed.js";
import type { CompileAnswer } from "./worker-messages.js";

/** Imports that a message names; the error's data names all. */
const SHOWN_IMPORTS = 20;

/**
 * What V8 says of features that it does not have yet: of most it names the flag; extended constant expressions, which modules
 * that are linked dynamically have, came with Node 22.
 */
const NEWER_FEATURE = /--experimental-wasm-|is not allowed in constant expressions/;

/** Why a module was not compiled, as its caller is told. */
export function compileError(
  module: string,
  answer: Exclude<CompileAnswer, { type: "compiled" | "compiled-cores" }>,
): SafedockError {
  switch (answer.type) {
    case "component":
      return new SafedockError("ERR_COMPONENT_UNSUPPORTED", `${module} is a component`, {
        data: { module },
        hint: "core modules for WASI preview 1 run",
      });
    case "unknown-imports":
      return new SafedockError(
        "ERR_IMPORT_UNKNOWN",
        `${module} imports what no WASI preview 1 host provides: ${firstOf(answer.imports)}`,
        { data: { module, imports: answer.imports } },
      );
    case "invalid":
      return new SafedockError(
        "ERR_MODULE_INVALID",
        `${module} is not a valid module: ${answer.problem}`,
        {
          data: { module, problem: answer.problem },
          ...(NEWER_FEATURE.test(answer.problem) && {
            hint: "use a newer Node, whose V8 knows what the module uses; or build it without that",
          }),
        },
      );
    case "unreadable":
      return workerFailed(`${module} cannot be read: ${answer.problem}`);
  }
}

/** A module may import a million names of 100 KB. */
function firstOf(imports: readonly string[]): string {
  const shown = imports.slice(0, SHOWN_IMPORTS).map((name) => printable(name));
  const more = imports.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

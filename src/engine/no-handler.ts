import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { WorldItem } from "../wasm/world/world-types.js";

/** Exports that the message names. */
const SHOWN_EXPORTS = 20;

/** What a component without a handler and without a `run` is refused with, when it is asked for an answer. */
export function noHandler(module: string, exports: readonly WorldItem[]): SafedockError {
  const problem = `it has no handler of HTTP requests (wasi:http/incoming-handler), and is no command: it exports ${listed(exports)}`;
  return new SafedockError("ERR_MODULE_INVALID", `${module} cannot answer requests: ${problem}`, {
    data: { module, problem },
    hint: "fetch wants a component of wasi:http/proxy, or a program that answers by CGI; container.call calls functions",
  });
}

function listed(exports: readonly WorldItem[]): string {
  if (exports.length === 0) return "nothing";
  const shown = exports.slice(0, SHOWN_EXPORTS).map(({ name }) => printable(name));
  const more = exports.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

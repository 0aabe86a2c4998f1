import { SafedockError } from "../base/errors.js";
import { printableList } from "../base/printable.js";
import type { WorldItem } from "../wasm/world/world-types.js";

/** What a component without a handler and without a `run` is refused with, when it is asked for an answer. */
export function noHandler(module: string, exports: readonly WorldItem[]): SafedockError {
  const listed = exports.length === 0 ? "nothing" : printableList(exports.map(({ name }) => name));
  const problem = `it has no handler of HTTP requests (wasi:http/incoming-handler), and is no command: it exports ${listed}`;
  return new SafedockError("ERR_MODULE_INVALID", `${module} cannot answer requests: ${problem}`, {
    data: { module, problem },
    hint: "fetch wants a component of wasi:http/proxy, or a program that answers by CGI; container.call calls functions",
  });
}

/** wasi:cli/exit. */
import type { Host } from "../host.js";
import { lower } from "../lowering.js";

/** What shells call success and failure. */
const CODE_OK = 0;
const CODE_ERROR = 1;

export function exitInterface(host: Host) {
  const exit = ({ tag }: { readonly tag: "ok" | "err" }): never =>
    host.leave(tag === "ok" ? CODE_OK : CODE_ERROR);
  lower(host, exit, [], () => (status: number) => host.leave(status === 0 ? CODE_OK : CODE_ERROR));

  const exitWithCode = (code: number): never => host.leave(code & 0xff);
  lower(host, exitWithCode, [], () => exitWithCode);

  return { exit, exitWithCode };
}

import { INCOMING_SERVICE, type IncomingHead } from "../base/incoming-messages.js";
import type { HostAnswer, HostCalls } from "../wasi/host-calls.js";
import type { Preview2 } from "../wasi/preview2/index.js";
import type { ComponentExports } from "./component-code.js";
import type { CallTimes } from "./run-component.js";

/** Looks for the next request this often before the worker parks: about 100 µs, what an app takes between two. */
const SPINS_BEFORE_PARK = 2000;

/** Hands the app's requests to the component's handler, one after the other, until there are no more. */
export function serveRequests(
  exports: ComponentExports,
  handled: Preview2["handled"],
  host: HostCalls,
  times: CallTimes,
): void {
  const handle = findHandler(exports);
  for (;;) {
    times.idle();
    const answer = ask(host);
    times.begin();
    if (!answer.ok) throw new Error(`the app gives no requests: ${answer.code}`);
    const head = answer.head as IncomingHead | undefined;
    if (head === undefined) return;
    const given = handled(head);
    handle(given.request, given.outparam);
    given.over();
    if (head.last) return;
  }
}

function findHandler(exports: ComponentExports): (request: object, outparam: object) => void {
  const name = Object.keys(exports).find((key) => key.startsWith("wasi:http/incoming-handler@"));
  const { handle } = (exports[name ?? ""] ?? {}) as { readonly handle?: unknown };
  if (typeof handle !== "function") {
    throw new WebAssembly.RuntimeError("there is no wasi:http/incoming-handler");
  }
  return handle as (request: object, outparam: object) => void;
}

function ask(host: HostCalls): HostAnswer {
  const id = host.send(INCOMING_SERVICE, "next", undefined);
  for (let spin = 0; spin < SPINS_BEFORE_PARK; spin++) {
    const answer = host.take(id);
    if (answer !== undefined) return answer;
  }
  for (;;) {
    const answer = host.take(id);
    if (answer !== undefined) return answer;
    host.wait();
  }
}

import { INCOMING_SERVICE, type IncomingHead } from "../base/incoming-messages.js";
import type { HostAnswer, HostCalls } from "../wasi/host-calls.js";
import type { Preview2 } from "../wasi/preview2/index.js";
import type { ComponentExports } from "./component-code.js";
import type { CallTimes } from "./run-component.js";

/** Looks for the next request this often before the worker parks: about 100 µs, what an app takes between two. */
const SPINS_BEFORE_PARK = 2000;

type Handle = (request: object, outparam: object) => void;

/** Hands the app's requests to the component's handler, one after the other, until there are no more. */
export function serveRequests(
  exports: ComponentExports,
  handled: Preview2["handled"],
  host: HostCalls,
  times: CallTimes,
): void {
  const handle = findHandler(exports);
  for (;;) {
    const head = nextRequest(host, times);
    if (head === undefined) return;
    handleOne(handle, handled, head);
    if (head.last) return;
  }
}

/** Hands one request to the component's handler. */
export function handleRequest(
  exports: ComponentExports,
  handled: Preview2["handled"],
  head: IncomingHead,
): void {
  handleOne(findHandler(exports), handled, head);
}

/** Waits for the app's next request; `meanwhile` is done while the app looks for one. Undefined: there are no more. */
export function nextRequest(
  host: HostCalls,
  times: CallTimes,
  meanwhile?: () => void,
): IncomingHead | undefined {
  times.idle();
  const id = host.send(INCOMING_SERVICE, "next", undefined);
  meanwhile?.();
  const answer = answerOf(host, id);
  if (!answer.ok) throw new Error(`the app gives no requests: ${answer.code}`);
  if (answer.head !== undefined) times.begin();
  return answer.head as IncomingHead | undefined;
}

function handleOne(handle: Handle, handled: Preview2["handled"], head: IncomingHead): void {
  const given = handled(head);
  handle(given.request, given.outparam);
  given.over();
}

function findHandler(exports: ComponentExports): Handle {
  const name = Object.keys(exports).find((key) => key.startsWith("wasi:http/incoming-handler@"));
  const { handle } = (exports[name ?? ""] ?? {}) as { readonly handle?: unknown };
  if (typeof handle !== "function") {
    throw new WebAssembly.RuntimeError("there is no wasi:http/incoming-handler");
  }
  return handle as Handle;
}

function answerOf(host: HostCalls, id: number): HostAnswer {
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

import type { HostAnswer, HostCalls } from "../wasi/host-calls.js";
import { CALL_DEPTH, decodeWithTexts, encodeWithTexts, OUTCOME_DEPTH } from "./call-bytes.js";
import {
  CALLS_SERVICE,
  type CallMessage,
  type CallOutcome,
  END,
  OP_FIRST,
  OP_NEXT,
  TARGET_CONSTRUCTOR,
  TARGET_DROP,
  TARGET_METHOD,
  TARGET_STATIC,
} from "./call-message.js";
import type { ComponentExports } from "./component-code.js";
import { readThrown } from "./component-errors.js";
import { GuestResources } from "./guest-resources.js";
import type { CallTimes } from "./run-component.js";

/**
 * Bytes of a result on its way to the app: it is there as a value then, outside of the guest's memory. Larger
 * ones are for streams.
 */
const MAX_RESULT_BYTES = 256 * 2 ** 20;
/** Looks for the next call this often before the worker parks: about 100 µs, what an app takes between two. */
const SPINS_BEFORE_PARK = 2000;
const NOTHING: Uint8Array = new Uint8Array(0);

type AnyFunction = (...args: unknown[]) => unknown;
type AnyClass = { new (...args: unknown[]): object } & Record<string, AnyFunction | undefined>;

/** Performs the calls that the app asks for, one after the other, until it asks for an end. */
export function serveCalls(exports: ComponentExports, host: HostCalls, times: CallTimes): void {
  const resources = new GuestResources();
  let outcome = NOTHING;
  for (let op = OP_FIRST; ; op = OP_NEXT) {
    times.idle();
    const answer = ask(host, op, outcome);
    times.begin();
    if (!answer.ok) throw new Error(`the app gives no calls: ${answer.code}`);
    if (answer.head === END) return;
    const call = decodeWithTexts(answer.body, CALL_DEPTH) as unknown as CallMessage;
    outcome = encodeWithTexts(perform(exports, resources, call), OUTCOME_DEPTH);
    if (outcome.length > MAX_RESULT_BYTES) {
      throw new WebAssembly.RuntimeError(
        `a result takes ${outcome.length} bytes, the limit is ${MAX_RESULT_BYTES}`,
      );
    }
  }
}

function ask(host: HostCalls, op: string, outcome: Uint8Array): HostAnswer {
  const id = host.send(CALLS_SERVICE, op, undefined, outcome, true);
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

function perform(
  exports: ComponentExports,
  resources: GuestResources,
  [target, interfaceName, className, member, given, hasResources]: CallMessage,
): CallOutcome {
  if (target === TARGET_DROP) {
    for (const number of given) resources.drop(number as number);
    return [false, undefined];
  }
  const args = hasResources ? given.map((value) => resources.enter(value)) : given;
  const where = interfaceName === "" ? exports : (exports[interfaceName] as ComponentExports);
  try {
    const result = call(where, target, className, member, args);
    return [false, hasResources ? resources.leave(result) : result];
  } catch (error) {
    const thrown = readThrown(error);
    if (thrown.kind === "ended") throw thrown.error;
    return [true, hasResources ? resources.leave(thrown.payload) : thrown.payload];
  }
}

function call(
  where: ComponentExports,
  target: number,
  className: string,
  member: string,
  args: readonly unknown[],
): unknown {
  if (target === TARGET_CONSTRUCTOR) return new (where[className] as AnyClass)(...args);
  if (target === TARGET_STATIC) return (where[className] as AnyClass)[member]?.(...args);
  if (target === TARGET_METHOD) {
    const [self, ...rest] = args;
    return (self as Record<string, AnyFunction | undefined>)[member]?.(...rest);
  }
  return (where[member] as AnyFunction)(...args);
}

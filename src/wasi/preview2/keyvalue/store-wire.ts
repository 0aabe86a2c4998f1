import { KEY_VALUE_SERVICE, type StoreRequest } from "../../../base/key-value-messages.js";
import { EACCES } from "../../../fs/errno.js";
import type { HostAnswer } from "../../host-calls.js";
import { WitError } from "../object-form.js";
import type { Process } from "../process.js";

/** `wasi:keyvalue/store` `error`. */
export type StoreError =
  | { readonly tag: "no-such-store" }
  | { readonly tag: "access-denied" }
  | { readonly tag: "other"; readonly val: string };

/** An answer that is none of the errors. */
export type Answered = Extract<HostAnswer, { ok: true }>;

/** Asks the app and waits for its answer; a refusal is thrown in the interface's words. */
export function askStore(
  process: Process,
  op: string,
  head: StoreRequest,
  body?: Uint8Array,
): Answered {
  const { host } = process.context;
  if (!host.offers(KEY_VALUE_SERVICE)) {
    process.deny("keyvalue", op, EACCES, head.store);
    throw new WitError<StoreError>({ tag: "access-denied" });
  }
  const answer = host.call(KEY_VALUE_SERVICE, op, head, body);
  if (answer.ok) return answer;
  throw new WitError(errorOf(answer.code, answer.data));
}

function errorOf(code: string, data: unknown): StoreError {
  if (code === "no-such-store" || code === "access-denied") return { tag: code };
  return { tag: "other", val: typeof data === "string" ? data : code };
}

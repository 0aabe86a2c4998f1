/**
 * What went wrong with a stream: CLOSED, or a negated errno. On the wire (`stream-error`, bytes):
 *
 *     last-operation-failed  0 at 0, a handle on an error at 4
 *     closed                 1 at 0
 */
import type { Errno } from "../../../fs/errno.js";
import { objectOf, type ObjectClass, WitError } from "../object-form.js";
import type { Host } from "../host.js";
import type { Lowering } from "../lowering.js";
import { ErrorResource } from "./error.js";

/** The stream has ended, or was closed: beyond all errno numbers. */
export const CLOSED = -0x1_0000;

/** Writes the error case of a `result<…, stream-error>`, whose payload is at `payload`. */
export function putStreamError(
  lowering: Lowering,
  table: number,
  at: number,
  payload: number,
  problem: Errno,
): void {
  const { view } = lowering.memory;
  view.setUint8(at, 1);
  view.setUint8(payload, problem === CLOSED ? 1 : 0);
  if (problem === CLOSED) return;
  view.setUint32(payload + 4, lowering.give(table, new ErrorResource(-problem)), true);
}

/** The same to be thrown. */
export function streamError(
  host: Host,
  form: ObjectClass<object>,
  problem: Errno,
): WitError<{ tag: "closed" } | { tag: "last-operation-failed"; val: object }> {
  if (problem === CLOSED) return new WitError({ tag: "closed" });
  const val = objectOf(host, form, new ErrorResource(-problem));
  return new WitError({ tag: "last-operation-failed", val });
}

import type { SafedockError } from "../base/errors.js";
import type { ExitReason, GuestExit } from "./guest-spec.js";
import * as box from "./mailbox.js";
import { unpackError } from "./packed-error.js";
import { workerFailed } from "./worker-failed.js";

/** What a worker has written about the guest of one slot; an error when it was not the guest that failed. */
export function readResult(mailbox: box.Mailbox, number: number): GuestExit | SafedockError {
  const { words, floats, payloads } = mailbox;
  const slot = box.slotWord(number);
  const float = slot / 2;
  const length = words[slot + box.SLOT_DETAIL_LENGTH];
  const detail = length === 0 ? undefined : payloads[number].toString("utf8", 0, length);
  const reason = words[slot + box.SLOT_REASON];
  if (reason === box.REASON_REFUSED) return unpackError(detail ?? "");
  if (reason === box.REASON_FAILED) return workerFailed(detail ?? "unknown");
  return {
    code: words[slot + box.SLOT_CODE] >>> 0,
    reason: REASONS.get(reason) ?? "exited",
    ...(detail === undefined ? undefined : { detail }),
    durationMs: floats[float + box.FLOAT_ENDED] - floats[float + box.FLOAT_STARTED],
    usage: {
      memoryBytes: floats[float + box.FLOAT_MEMORY],
      readBytes: floats[float + box.FLOAT_READ],
      writtenBytes: floats[float + box.FLOAT_WRITTEN],
      hostCalls: floats[float + box.FLOAT_CALLS],
    },
  };
}

const REASONS: ReadonlyMap<number, ExitReason> = new Map([
  [box.REASON_TRAPPED, "trapped"],
  [box.REASON_LIMIT, "limit"],
]);

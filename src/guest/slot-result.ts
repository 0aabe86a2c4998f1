import type { SafedockError } from "../base/errors.js";
import type { ExitReason, GuestExit, GuestUsage } from "./guest-spec.js";
import * as box from "./mailbox.js";
import { unpackError } from "../base/packed-error.js";
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
  const limit = words[slot + box.SLOT_LIMIT];
  const started = floats[float + box.FLOAT_STARTED];
  const ended = floats[float + box.FLOAT_ENDED];
  const cpuStarted = floats[float + box.FLOAT_CPU_STARTED];
  const cpuEnded = floats[float + box.FLOAT_CPU_ENDED];
  const measured = cpuStarted === 0 || cpuEnded === 0 ? undefined : cpuEnded - cpuStarted;
  return {
    code: words[slot + box.SLOT_CODE] >>> 0,
    reason: REASONS.get(reason) ?? "exited",
    ...(detail === undefined ? undefined : { detail }),
    ...(limit === 0 ? undefined : { limit: box.LIMIT_NAMES[limit - 1] }),
    durationMs: ended - started,
    usage: readUsage(mailbox, number, ended - started, measured),
  };
}

/** `cpuMs`: its thread's processor time, where that was measured. */
export function readUsage(
  { floats }: box.Mailbox,
  number: number,
  wallMs: number,
  cpuMs: number | undefined,
): GuestUsage {
  const float = box.slotWord(number) / 2;
  // The thread's time is counted at ticks of the scheduler: it may lag, at both ends.
  const awakeMs = Math.max(0, wallMs - floats[float + box.FLOAT_PARKED]);
  return {
    cpuMs: cpuMs === undefined ? awakeMs : Math.min(Math.max(0, cpuMs), awakeMs),
    memoryBytes: floats[float + box.FLOAT_MEMORY],
    readBytes: floats[float + box.FLOAT_READ],
    writtenBytes: floats[float + box.FLOAT_WRITTEN],
    hostCalls: floats[float + box.FLOAT_CALLS],
  };
}

const REASONS: ReadonlyMap<number, ExitReason> = new Map([
  [box.REASON_TRAPPED, "trapped"],
  [box.REASON_LIMIT, "limit"],
]);

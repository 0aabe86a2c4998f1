import * as box from "./mailbox.js";
import { threadTimeMs } from "./thread-time.js";

/**
 * App side: processor time, in ms, of the guest that runs in a slot, up to `now` in monotonic ms. Where it
 * was asked for at the guest's start, the system says how long its thread was on a processor; else all
 * time counts in which it was not parked, which is never less. The system is asked only when that comes to
 * `worthAsking`.
 */
export function cpuTimeMs(
  { words, floats }: box.Mailbox,
  number: number,
  now: number,
  worthAsking = 0,
): number {
  const float = box.slotWord(number) / 2;
  const since = floats[float + box.FLOAT_PARKED_SINCE] ?? 0;
  const parked = (floats[float + box.FLOAT_PARKED] ?? 0) + (since === 0 ? 0 : now - since);
  const awake = Math.max(0, now - (floats[float + box.FLOAT_STARTED] ?? now) - parked);
  const atStart = floats[float + box.FLOAT_CPU_STARTED] ?? 0;
  if (atStart === 0 || awake < worthAsking) return awake;
  const time = threadTimeMs(words[box.THREAD_ID] ?? 0);
  return time === undefined ? awake : Math.min(awake, Math.max(0, time - atStart));
}

import type { Guest } from "./guest.js";
import type { GuestWorker } from "./guest-worker.js";
import { monotonicMs } from "./monotonic-clock.js";

/**
 * Guests that run for longer than this, in ms, make the pool look for other workers for those behind. A
 * busy machine keeps a thread from running for a few ms; a worker more would only make that worse.
 */
export const LONG_RUN_MS = 10;

/** An idle worker if there is one, else one whose guest is likely to be done soon. */
export function chooseWorker(
  workers: readonly GuestWorker[],
  guest: Guest,
): GuestWorker | undefined {
  let best: GuestWorker | undefined;
  let bestScore = Infinity;
  for (const worker of workers) {
    if (worker.compiling || worker.full || worker.serves) continue;
    if (worker.load > 0 && guest.stdin !== undefined) continue;
    const score =
      worker.load * 4 + (worker.started ? 0 : 2) + (worker.hasModule(guest.module) ? 0 : 1);
    if (score >= bestScore || (worker.load > 0 && runsLong(worker))) continue;
    best = worker;
    bestScore = score;
  }
  return best;
}

export function runsLong(worker: GuestWorker): boolean {
  if (worker.serves) return true;
  const since = worker.runningSince();
  return since !== undefined && monotonicMs() - since > LONG_RUN_MS;
}

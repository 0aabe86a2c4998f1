import { LONG_RUN_MS, runsLong } from "./choose-worker.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Guest } from "./guest.js";
import type { GuestEndings } from "./guest-endings.js";
import type { ExitReason, LimitName } from "./guest-spec.js";
import type { GuestWorker } from "./guest-worker.js";
import { monotonicMs } from "./monotonic-clock.js";
import { firstLookMs, SWEEP_MS, type SweepTimer } from "./sweep-timer.js";
import { CODE_KILLED } from "./verdict.js";
import type { WorkerCrew } from "./worker-crew.js";

/** What a program that has asked to exit may still take, in ms. */
const EXIT_GRACE_MS = 60;
/** Shortest time between two looks at a guest's processor time, in ms: a tick of the scheduler. */
const CPU_STEP_MS = 2;

export interface WatchParts {
  readonly crew: WorkerCrew;
  readonly dispatcher: Dispatcher;
  readonly endings: GuestEndings;
  readonly sweeper: SweepTimer;
}

/** Ends guests whose time is over, and adds workers for guests that wait behind long ones. */
export class GuestWatch {
  readonly #crew: WorkerCrew;
  readonly #dispatcher: Dispatcher;
  readonly #endings: GuestEndings;
  readonly #sweeper: SweepTimer;

  constructor({ crew, dispatcher, endings, sweeper }: WatchParts) {
    this.#crew = crew;
    this.#dispatcher = dispatcher;
    this.#endings = endings;
    this.#sweeper = sweeper;
  }

  /** Looks at all workers, and sets the time of the next look. */
  sweep(): void {
    const now = monotonicMs();
    let next = Infinity;
    let waiting = this.#dispatcher.queued;
    let allLong = true;
    for (const worker of [...this.#crew.workers]) {
      worker.drain();
      const guest = worker.current;
      waiting += Math.max(0, worker.load - 1);
      if (worker.idle) allLong = false;
      if (guest === undefined) continue;
      next = Math.min(next, this.#check(worker, guest, now), SWEEP_MS);
      if (!worker.compiling && !runsLong(worker)) allLong = false;
    }
    this.#dispatcher.pump();
    if (waiting > 0) {
      next = Math.min(next, LONG_RUN_MS);
      const starting = this.#crew.workers.some((worker) => !worker.started);
      if (allLong && !starting && !this.#crew.full) this.#crew.add();
    }
    if (next !== Infinity) this.#sweeper.within(Math.max(next, 0));
  }

  /** Ends the guest if its time is over; else in how many ms to look again. */
  #check(worker: GuestWorker, guest: Guest, now: number): number {
    const since = worker.runningSince();
    if (since === undefined) return firstLookMs(guest.spec);
    if (worker.resting(guest)) return SWEEP_MS;
    const code = worker.exiting(guest);
    if (code !== undefined) {
      guest.exitingSince ??= now;
      if (now - guest.exitingSince < EXIT_GRACE_MS) return EXIT_GRACE_MS;
      this.#endings.kill(guest, { reason: "exited", code, detail: undefined });
      return SWEEP_MS;
    }
    const { timeoutMs, cpuMs } = guest.spec;
    const left = timeoutMs === undefined ? SWEEP_MS : since + timeoutMs - now;
    if (left <= 0) return this.#end(guest, "timeout", "timeoutMs", timeoutMs);
    if (cpuMs === undefined) return left;
    const cpuLeft = cpuMs - worker.cpuMs(guest, cpuMs);
    if (cpuLeft <= 0) return this.#end(guest, "limit", "cpuMs", cpuMs);
    return Math.min(left, Math.max(cpuLeft, CPU_STEP_MS));
  }

  #end(guest: Guest, reason: ExitReason, limit: LimitName, ms: number | undefined): number {
    const detail = `${limit}: the limit is ${ms} ms`;
    this.#endings.kill(guest, { reason, code: CODE_KILLED, detail, limit });
    return SWEEP_MS;
  }
}

import { SafedockError } from "../base/errors.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Guest } from "./guest.js";
import type { GuestExit } from "./guest-spec.js";
import type { GuestWorker } from "./guest-worker.js";
import type { ModuleCompiler } from "./module-compiler.js";
import { CODE_KILLED, endedFromOutside, KILLED, type Verdict } from "./verdict.js";
import type { WorkerCrew } from "./worker-crew.js";
import { workerFailed } from "./worker-failed.js";

/** Workers that end before they have begun, one after the other, before the pool gives up. */
const MAX_FAILED_STARTS = 3;

export interface EndingsParts {
  readonly crew: WorkerCrew;
  readonly compiler: ModuleCompiler;
  readonly dispatcher: Dispatcher;
}

/** How guests end: by themselves, killed, or with their worker. */
export class GuestEndings {
  readonly #crew: WorkerCrew;
  readonly #compiler: ModuleCompiler;
  readonly #dispatcher: Dispatcher;
  readonly #terminating = new Set<Promise<void>>();
  #failedStarts = 0;

  constructor({ crew, compiler, dispatcher }: EndingsParts) {
    this.#crew = crew;
    this.#compiler = compiler;
    this.#dispatcher = dispatcher;
  }

  /** By itself; an error when it was not the guest that failed. */
  ended(guest: Guest, result: GuestExit | SafedockError): void {
    if (result instanceof SafedockError) {
      this.#dispatcher.left();
      return guest.fail(result);
    }
    this.#dispatcher.left(result.durationMs);
    guest.finish(result);
  }

  kill(guest: Guest, verdict: Verdict): void {
    if (guest.over || guest.verdict !== undefined) return;
    const worker = guest.worker;
    if (worker === undefined) {
      this.#dispatcher.withdraw(guest);
      this.#finishQueued(guest, verdict);
    } else if (worker.cancel(guest)) {
      this.#finishQueued(guest, verdict);
    } else if (worker.claim(guest)) {
      guest.verdict = verdict;
      this.#crew.keepSpare();
      this.retire(worker, guest);
      this.#dispatcher.pump();
    } else {
      this.#dispatcher.drain();
    }
  }

  /** Terminates a worker; `guest`, its current one, ends with its verdict, the others go elsewhere. */
  retire(worker: GuestWorker, guest?: Guest): void {
    // Guests before this one may have ended unseen; they must not be taken for orders that wait.
    worker.drain();
    this.#crew.remove(worker);
    this.#requeue(worker.abandon(guest));
    // The guest's end is told when nothing of it can happen any more.
    const ending = worker.terminate().then(() => {
      this.#terminating.delete(ending);
      if (guest !== undefined) {
        this.#dispatcher.left();
        guest.finish(worker.finalExit(guest));
      }
      // Not before: a thread that starts takes the processor from the one that ends.
      this.#crew.refill();
    });
    this.#terminating.add(ending);
  }

  /** A worker has begun. */
  begun(): void {
    this.#failedStarts = 0;
  }

  /** A worker has ended by itself. */
  died(worker: GuestWorker, error: Error | undefined): void {
    this.#crew.remove(worker);
    const problem = error?.message ?? "the worker ended by itself";
    const begun = worker.runningSince() !== undefined;
    const guest = begun || worker.current?.stdin !== undefined ? worker.current : undefined;
    this.#requeue(worker.abandon(guest));
    this.#compiler.died(worker, problem);
    if (guest !== undefined) this.#endWithWorker(guest, worker, error, problem);
    if (!worker.started && ++this.#failedStarts >= MAX_FAILED_STARTS) {
      for (const waiting of this.#dispatcher.withdrawAll()) {
        this.#dispatcher.left();
        waiting.fail(workerFailed(problem));
      }
      return;
    }
    this.#crew.refill();
    this.#dispatcher.pump();
  }

  /** Ends all guests as killed, and all workers. */
  killAll(): void {
    for (const guest of this.#dispatcher.withdrawAll()) this.#finishQueued(guest, KILLED);
    for (const worker of [...this.#crew.workers]) {
      worker.drain();
      const guest = worker.runningSince() === undefined ? undefined : worker.current;
      if (guest !== undefined) guest.verdict ??= KILLED;
      this.retire(worker, guest);
    }
  }

  /** Waits until the last worker that was retired is gone. */
  async settled(): Promise<void> {
    while (this.#terminating.size > 0) await Promise.all(this.#terminating);
  }

  /** Ends a guest that has not begun. */
  #finishQueued(guest: Guest, verdict: Verdict): void {
    this.#dispatcher.left();
    guest.finish(endedFromOutside(verdict));
  }

  #requeue(guests: readonly Guest[]): void {
    for (const guest of guests.toReversed()) {
      if (this.#crew.closed) this.#finishQueued(guest, KILLED);
      else this.#dispatcher.putBack(guest);
    }
  }

  #endWithWorker(
    guest: Guest,
    worker: GuestWorker,
    error: Error | undefined,
    problem: string,
  ): void {
    this.#dispatcher.left();
    if ((error as { code?: string } | undefined)?.code !== "ERR_WORKER_OUT_OF_MEMORY")
      return guest.fail(workerFailed(problem));
    const detail = "the JavaScript heap of the guest's worker is full";
    guest.verdict = { reason: "limit", code: CODE_KILLED, detail, limit: "heap" };
    guest.finish(worker.finalExit(guest));
  }
}

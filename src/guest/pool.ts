import { availableParallelism } from "node:os";
import { SafedockError } from "../base/errors.js";
import { createWritableBoard, type WritableBoard } from "../fs/writable-board.js";
import type { CompiledModule, ModuleSource } from "./compiled-module.js";
import { Doorbell } from "./doorbell.js";
import { Guest, type GuestHost, type GuestIo } from "./guest.js";
import type { ExitReason, GuestExit, GuestSpec } from "./guest-spec.js";
import { GuestWorker, type WorkerOwner } from "./guest-worker.js";
import { KeepAlive } from "./keep-alive.js";
import { ModuleCompiler, type CompileOptions } from "./module-compiler.js";
import { monotonicMs } from "./monotonic-clock.js";
import { endedFromOutside, type Verdict } from "./slot-result.js";
import { SpinPolicy } from "./spin-policy.js";
import { SweepTimer } from "./sweep-timer.js";
import { workerFailed } from "./worker-failed.js";

export interface GuestPoolOptions {
  /** Workers kept ready; `os.availableParallelism()` by default. */
  readonly workers?: number;
  /** Workers at most, for guests that wait or compute for long; by default 4 × `workers`, at least 16. */
  readonly maxWorkers?: number;
  /** Guests that may wait for a worker; 10,000 by default, then `start` throws `ERR_QUEUE_FULL`. */
  readonly maxQueued?: number;
}

const DEFAULT_MAX_QUEUED = 10_000;
const MIN_DEFAULT_MAX_WORKERS = 16;
/** Guests that run for longer than this, in ms, make the pool look for other workers for those behind. */
const LONG_RUN_MS = 2;
/** How often running guests are looked at, in ms: the program that catches its own exit. */
const SWEEP_MS = 100;
/** What a program that has asked to exit may still take, in ms. */
const EXIT_GRACE_MS = 60;
/** A worker over the number kept ready is ended after so much idle time, in ms. */
const SURPLUS_IDLE_MS = 10_000;
/** The second and later workers are made so long after the first, in ms, out of the way of a cold start. */
const WARM_UP_MS = 250;
/** Workers that end before they have begun, one after the other, before the pool gives up. */
const MAX_FAILED_STARTS = 3;

/**
 * Runs guests on worker threads: one at a time per worker, a fresh instance each. Workers are kept warm
 * and never keep the app alive; a worker is used again after an exit or a trap, and thrown away after a
 * kill.
 */
export class GuestPool {
  /** Counters of writable layers, shared with all workers. */
  readonly board: WritableBoard = createWritableBoard();
  readonly #warm: number;
  readonly #maxWorkers: number;
  readonly #maxQueued: number;
  readonly #workers: GuestWorker[] = [];
  /** Guests without a worker, oldest first. */
  readonly #queue: Guest[] = [];
  readonly #ending = new Set<Promise<void>>();
  readonly #doorbell = new Doorbell(() => this.#drain());
  readonly #sweeper = new SweepTimer(() => this.#sweep());
  readonly #keepAlive = new KeepAlive();
  readonly #spin = new SpinPolicy();
  readonly #compiler: ModuleCompiler;
  #warmUp: NodeJS.Timeout | undefined;
  #surplus: NodeJS.Timeout | undefined;
  #looking = false;
  #nextId = 1;
  #inFlight = 0;
  #failedStarts = 0;
  #closed = false;

  constructor(options: GuestPoolOptions = {}) {
    this.#warm = Math.max(1, options.workers ?? availableParallelism());
    this.#maxWorkers = Math.max(
      this.#warm,
      options.maxWorkers ?? Math.max(MIN_DEFAULT_MAX_WORKERS, this.#warm * 4),
    );
    this.#maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    this.#compiler = new ModuleCompiler({
      worker: () => this.#workerForCompiling(),
      discard: (worker) => this.#discard(worker),
      hold: () => this.#keepAlive.hold(),
      unhold: () => this.#keepAlive.unhold(),
    });
    this.#spawn();
    this.#warmUp = setTimeout(() => this.#warmUpNext(), WARM_UP_MS).unref();
  }

  /** Guests that wait for a worker or run. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get workers(): number {
    return this.#workers.length;
  }

  /**
   * Reads, checks, rewrites and compiles a module on a worker; modules of one key once.
   *
   * Errors: `ERR_MODULE_TOO_LARGE`, `ERR_MODULE_INVALID`, `ERR_IMPORT_UNKNOWN` (names all of them),
   * `ERR_COMPONENT_UNSUPPORTED`, `ERR_WORKER_FAILED`; an abort rejects with `signal.reason`.
   */
  compile(source: ModuleSource, options: CompileOptions = {}): Promise<CompiledModule> {
    this.#assertOpen();
    return this.#compiler.compile(source, options);
  }

  /**
   * Starts a guest; it waits for a worker when all are busy. Throws `ERR_QUEUE_FULL`, and
   * `ERR_MODULE_INVALID` when the module does not export the function to call.
   */
  start(spec: GuestSpec, module: CompiledModule, io: GuestIo = {}): Guest {
    this.#assertOpen();
    assertEntry(spec, module);
    if (this.#queue.length >= this.#maxQueued) {
      throw new SafedockError("ERR_QUEUE_FULL", `${this.#maxQueued} guests wait already`, {
        data: { limit: this.#maxQueued },
        hint: "raise maxQueued, or start fewer guests at once",
      });
    }
    const guest = new Guest(this.#host, this.#nextId++, spec, module, io);
    this.#inFlight++;
    this.#place(guest);
    return guest;
  }

  /** Ends all guests as killed, and all workers. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      clearTimeout(this.#warmUp);
      clearTimeout(this.#surplus);
      for (const guest of this.#queue.splice(0)) this.#finishQueued(guest, KILLED);
      for (const worker of [...this.#workers]) {
        worker.drain();
        const guest = worker.runningSince() === undefined ? undefined : worker.current;
        if (guest !== undefined) guest.verdict ??= KILLED;
        this.#retire(worker, guest);
      }
      this.#compiler.close();
    }
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    this.#sweeper.stop();
    this.#doorbell.close();
    this.#keepAlive.close();
  }

  readonly #host: GuestHost = {
    kill: (guest, reason, detail) => this.#kill(guest, reason, CODE_KILLED, detail),
    look: () => this.#look(),
    hold: () => this.#keepAlive.hold(),
    unhold: () => this.#keepAlive.unhold(),
  };

  readonly #owner: WorkerOwner = {
    ended: (guest, result) => this.#ended(guest, result),
    ready: () => {
      this.#failedStarts = 0;
      this.#pump();
    },
    compiled: (worker, answer) => {
      this.#compiler.answered(worker, answer);
      this.#pump();
    },
    died: (worker, error) => this.#died(worker, error),
  };

  // Placing

  #place(guest: Guest): void {
    const worker = this.#queue.length === 0 ? this.#workerFor(guest) : undefined;
    if (worker === undefined) {
      this.#queue.push(guest);
      if (this.#workers.length < this.#warm) this.#spawn();
      this.#sweeper.within(LONG_RUN_MS);
      return;
    }
    this.#send(guest, worker);
  }

  #send(guest: Guest, worker: GuestWorker): void {
    const alone = this.#inFlight === 1 && worker.started && guest.stdin === undefined;
    const spin = alone && this.#spin.worthIt();
    if (spin) this.#doorbell.poll();
    worker.send(guest);
    this.#sweeper.within(
      worker.load > 1 ? LONG_RUN_MS : Math.min(guest.spec.timeoutMs ?? SWEEP_MS, SWEEP_MS),
    );
    if (!spin) return this.#doorbell.arm();
    this.#spin.spin(() => worker.done);
    this.#doorbell.listen();
  }

  /** An idle worker, or one whose guest is likely to be done soon. */
  #workerFor(guest: Guest): GuestWorker | undefined {
    let best: GuestWorker | undefined;
    let bestScore = Infinity;
    let idle = false;
    for (const worker of this.#workers) {
      if (worker.compiling || worker.full) continue;
      if (worker.load > 0 && guest.stdin !== undefined) continue;
      idle ||= worker.load === 0;
      const score =
        worker.load * 4 + (worker.started ? 0 : 2) + (worker.hasModule(guest.module) ? 0 : 1);
      if (score >= bestScore || (worker.load > 0 && isLong(worker))) continue;
      best = worker;
      bestScore = score;
    }
    if (!idle && this.#workers.length < this.#warm) this.#spawn();
    return best;
  }

  #workerForCompiling(): GuestWorker | undefined {
    const idle = this.#workers.find((worker) => worker.idle && worker.started);
    const any = idle ?? this.#workers.find((worker) => worker.idle);
    if (any !== undefined) return any;
    if (this.#workers.length < this.#maxWorkers) return this.#spawn();
    return undefined;
  }

  /** Gives waiting guests to workers that have become free, first those of the queue. */
  #pump(): void {
    if (this.#closed) return;
    this.#compiler.pump();
    while (this.#queue[0] !== undefined) {
      const worker = this.#workerFor(this.#queue[0]);
      if (worker === undefined) break;
      const guest = this.#queue.shift();
      if (guest !== undefined) this.#send(guest, worker);
    }
    if (this.#queue.length === 0) this.#spread();
    this.#retireSurplusLater();
  }

  /** Moves orders that have not begun from behind busy guests to idle workers. */
  #spread(): void {
    for (const worker of this.#workers) {
      if (!worker.idle || !worker.started) continue;
      const from = this.#workers.reduce((most, other) => (other.load > most.load ? other : most));
      if (from.load < 2) return;
      const guest = from.takeBack();
      if (guest !== undefined) this.#send(guest, worker);
    }
  }

  // Ends

  #drain(): void {
    for (const worker of [...this.#workers]) worker.drain();
    this.#pump();
  }

  #ended(guest: Guest, result: GuestExit | SafedockError): void {
    this.#inFlight--;
    if (result instanceof SafedockError) return guest.fail(result);
    this.#spin.ran(result.durationMs);
    guest.finish(result);
  }

  #kill(guest: Guest, reason: ExitReason, code: number, detail: string | undefined): void {
    if (guest.over || guest.verdict !== undefined) return;
    const verdict = { reason, code, detail };
    const worker = guest.worker;
    if (worker === undefined) {
      const at = this.#queue.indexOf(guest);
      if (at !== -1) this.#queue.splice(at, 1);
      this.#finishQueued(guest, verdict);
    } else if (worker.cancel(guest)) {
      this.#finishQueued(guest, verdict);
    } else if (worker.claim(guest)) {
      guest.verdict = verdict;
      this.#retire(worker, guest);
      this.#ensureWarm();
      this.#pump();
    } else {
      this.#drain();
    }
  }

  /** Ends a guest that has not begun. */
  #finishQueued(guest: Guest, verdict: Verdict): void {
    this.#inFlight--;
    guest.finish(endedFromOutside(verdict, 0));
  }

  /** Terminates a worker; `guest`, its current one, ends with its verdict, the others go elsewhere. */
  #retire(worker: GuestWorker, guest: Guest | undefined): void {
    // Guests before this one may have ended unseen; they must not be taken for orders that wait.
    worker.drain();
    this.#remove(worker);
    this.#requeue(worker.abandon(guest));
    // The guest's end is told when nothing of it can happen any more.
    const ending = worker.terminate().then(() => {
      this.#ending.delete(ending);
      if (guest === undefined) return;
      this.#inFlight--;
      guest.finish(worker.finalExit(guest));
    });
    this.#ending.add(ending);
  }

  #requeue(guests: readonly Guest[]): void {
    for (const guest of guests.toReversed()) {
      if (this.#closed) this.#finishQueued(guest, KILLED);
      else this.#queue.unshift(guest);
    }
  }

  #discard(worker: GuestWorker): void {
    this.#retire(worker, undefined);
    this.#ensureWarm();
  }

  #died(worker: GuestWorker, error: Error | undefined): void {
    this.#remove(worker);
    const problem = error?.message ?? "the worker ended by itself";
    const outOfMemory =
      (error as { code?: string } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    const begun = worker.runningSince() !== undefined;
    const guest = begun || worker.current?.stdin !== undefined ? worker.current : undefined;
    this.#requeue(worker.abandon(guest));
    this.#compiler.died(worker, problem);
    if (guest !== undefined) {
      this.#inFlight--;
      if (outOfMemory) {
        guest.verdict = {
          reason: "limit",
          code: CODE_KILLED,
          detail: "the JavaScript heap of the guest's worker is full",
        };
        guest.finish(worker.finalExit(guest));
      } else {
        guest.fail(workerFailed(problem));
      }
    }
    if (!worker.started && ++this.#failedStarts >= MAX_FAILED_STARTS) {
      for (const waiting of this.#queue.splice(0)) {
        this.#inFlight--;
        waiting.fail(workerFailed(problem));
      }
      return;
    }
    this.#ensureWarm();
    this.#pump();
  }

  // Time

  #sweep(): void {
    const now = monotonicMs();
    let next = Infinity;
    let waiting = this.#queue.length;
    let allLong = true;
    for (const worker of [...this.#workers]) {
      worker.drain();
      const guest = worker.current;
      waiting += Math.max(0, worker.load - 1);
      if (worker.idle) allLong = false;
      if (guest === undefined) continue;
      next = Math.min(next, this.#check(worker, guest, now), SWEEP_MS);
      if (!worker.compiling && !isLong(worker)) allLong = false;
    }
    this.#pump();
    if (waiting > 0) {
      next = Math.min(next, LONG_RUN_MS);
      const starting = this.#workers.some((worker) => !worker.started);
      if (allLong && !starting && this.#workers.length < this.#maxWorkers) this.#spawn();
    }
    if (next !== Infinity) this.#sweeper.within(Math.max(next, 0));
  }

  /** Ends the guest if its time is over; else in how many ms to look again. */
  #check(worker: GuestWorker, guest: Guest, now: number): number {
    const since = worker.runningSince();
    if (since === undefined) return SWEEP_MS;
    const code = worker.exiting(guest);
    if (code !== undefined) {
      guest.exitingSince ??= now;
      if (now - guest.exitingSince < EXIT_GRACE_MS) return EXIT_GRACE_MS;
      this.#kill(guest, "exited", code, undefined);
      return SWEEP_MS;
    }
    const { timeoutMs } = guest.spec;
    if (timeoutMs === undefined) return SWEEP_MS;
    const left = since + timeoutMs - now;
    if (left > 0) return left;
    this.#kill(guest, "timeout", CODE_KILLED, `timeoutMs: the limit is ${timeoutMs} ms`);
    return SWEEP_MS;
  }

  // Workers

  #spawn(): GuestWorker {
    const worker = new GuestWorker(this.#owner, this.#doorbell.bell, this.board);
    this.#workers.push(worker);
    return worker;
  }

  #remove(worker: GuestWorker): void {
    const at = this.#workers.indexOf(worker);
    if (at !== -1) this.#workers.splice(at, 1);
  }

  #ensureWarm(): void {
    if (!this.#closed && this.#workers.length < this.#warm) this.#spawn();
  }

  /** One at a time, so that an app that starts is not held up. */
  #warmUpNext(): void {
    this.#warmUp = undefined;
    if (this.#closed || this.#workers.length >= this.#warm) return;
    if (this.#workers.every((worker) => worker.started)) this.#spawn();
    this.#warmUp = setTimeout(() => this.#warmUpNext(), WARM_UP_MS).unref();
  }

  #retireSurplusLater(): void {
    if (this.#surplus !== undefined || this.#workers.length <= this.#warm) return;
    this.#surplus = setTimeout(() => {
      this.#surplus = undefined;
      const idle = this.#workers.find((worker) => worker.idle);
      if (idle !== undefined && this.#queue.length === 0) this.#retire(idle, undefined);
      this.#retireSurplusLater();
    }, SURPLUS_IDLE_MS / this.#maxWorkers).unref();
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      if (!this.#closed) this.#drain();
    });
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new SafedockError("ERR_ENGINE_CLOSED", "The worker pool is closed", {
      data: { root: "" },
    });
  }
}

const CODE_KILLED = 137;
const KILLED = { reason: "killed", code: CODE_KILLED, detail: undefined } as const;

function isLong(worker: GuestWorker): boolean {
  const since = worker.runningSince();
  return since !== undefined && monotonicMs() - since > LONG_RUN_MS;
}

function assertEntry({ entry = "_start" }: GuestSpec, module: CompiledModule): void {
  const found = module.exports.find(({ name, kind }) => name === entry && kind === "function");
  if (found !== undefined && isCallable(found.signature)) return;
  const problem =
    found === undefined
      ? `it does not export a function "${entry}"`
      : `its function "${entry}" is ${found.signature}, not () -> ()`;
  throw new SafedockError("ERR_MODULE_INVALID", `${module.name}: ${problem}`, {
    data: { module: module.name, problem },
    hint: "name an exported function as the entry",
  });
}

/** JavaScript would make up what a function takes, and cannot call one that gives vectors. */
function isCallable(signature = "() -> ()"): boolean {
  return signature.startsWith("() ->") && !signature.includes("v128");
}

import { availableParallelism } from "node:os";
import { SafedockError } from "../base/errors.js";
import { createPolicyBoard, type PolicyBoard } from "../fs/policy-board.js";
import { createWritableBoard, type WritableBoard } from "../fs/writable-board.js";
import type { PreparedComponent } from "../component/prepared-component.js";
import { assertEntry } from "./assert-entry.js";
import type { CompiledModule, ModuleSource } from "./compiled-module.js";
import { Dispatcher } from "./dispatcher.js";
import { Doorbell } from "./doorbell.js";
import { Guest, type GuestHost, type GuestIo } from "./guest.js";
import { GuestEndings } from "./guest-endings.js";
import type { GuestSpec } from "./guest-spec.js";
import { GuestWatch } from "./guest-watch.js";
import { GuestWorker, type WorkerOwner } from "./guest-worker.js";
import { KeepAlive } from "./keep-alive.js";
import { ModuleCompiler, type CompileOptions } from "./module-compiler.js";
import { QueueGate } from "./queue-gate.js";
import { SweepTimer } from "./sweep-timer.js";
import { CODE_KILLED } from "./verdict.js";
import { WorkerCrew } from "./worker-crew.js";

export interface GuestPoolOptions {
  /** Workers kept ready; `os.availableParallelism()` by default. */
  readonly workers?: number;
  /** Workers at most, for guests that wait or compute for long; by default 4 × `workers`, at least 16. */
  readonly maxWorkers?: number;
  /** Guests that may wait for a worker; 10,000 by default, then `start` throws `ERR_QUEUE_FULL`. */
  readonly maxQueued?: number;
  /** The first worker is made with the first module, and not at once. Default false. */
  readonly late?: boolean;
  /** Folder for V8's code of the worker's bundles; without it, each worker compiles them. */
  readonly prepared?: string;
}

const DEFAULT_MAX_QUEUED = 10_000;
const MIN_DEFAULT_MAX_WORKERS = 16;
/** Guests' numbers begin anew after it: an Int32 of the mailbox has to hold them. */
const MAX_ID = 2 ** 31 - 1;

/**
 * Runs guests on worker threads: one at a time per worker, a fresh instance each. Workers are kept warm
 * and never keep the app alive; a worker is used again after an exit or a trap, and thrown away after a
 * kill.
 */
export class GuestPool {
  /** Counters of writable layers, shared with all workers. */
  readonly board: WritableBoard = createWritableBoard();
  /** Of the containers' grants, shared with all workers. */
  readonly policies: PolicyBoard = createPolicyBoard();
  readonly prepared: string | undefined;
  readonly #maxQueued: number;
  readonly #keepAlive = new KeepAlive();
  readonly #doorbell = new Doorbell(() => this.#dispatcher.drain());
  readonly #sweeper = new SweepTimer(() => this.#watch.sweep());
  readonly #crew: WorkerCrew;
  readonly #compiler: ModuleCompiler;
  readonly #dispatcher: Dispatcher;
  readonly #endings: GuestEndings;
  readonly #watch: GuestWatch;
  readonly #gate = new QueueGate({
    hasRoom: (expected) => this.#dispatcher.hasRoom(expected, this.#maxQueued),
    hold: () => this.#keepAlive.hold(),
    unhold: () => this.#keepAlive.unhold(),
  });
  #looking = false;
  #nextId = 1;

  constructor(options: GuestPoolOptions = {}) {
    const warm = Math.max(1, options.workers ?? availableParallelism());
    const most = options.maxWorkers ?? Math.max(MIN_DEFAULT_MAX_WORKERS, warm * 4);
    this.#maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
    this.prepared = options.prepared;
    this.#crew = new WorkerCrew({
      warm,
      max: Math.max(warm, most),
      late: options.late ?? false,
      make: () => new GuestWorker(this.#owner, this.#doorbell.bell, this),
      release: (worker) => {
        if (this.#dispatcher.queued === 0) this.#endings.retire(worker);
      },
    });
    this.#compiler = new ModuleCompiler({
      worker: () => this.#crew.idle(),
      discard: (worker) => {
        this.#endings.retire(worker);
        this.#crew.refill();
      },
      hold: () => this.#keepAlive.hold(),
      unhold: () => this.#keepAlive.unhold(),
    });
    const [crew, compiler, sweeper] = [this.#crew, this.#compiler, this.#sweeper];
    this.#dispatcher = new Dispatcher({
      crew,
      compiler,
      doorbell: this.#doorbell,
      sweeper,
      roomier: () => this.#gate.open(),
    });
    this.#endings = new GuestEndings({ crew, compiler, dispatcher: this.#dispatcher });
    this.#watch = new GuestWatch({
      crew,
      dispatcher: this.#dispatcher,
      endings: this.#endings,
      sweeper,
    });
  }

  /** Guests that wait for a worker or run. */
  get inFlight(): number {
    return this.#dispatcher.inFlight;
  }

  get workers(): number {
    return this.#crew.workers.length;
  }

  /**
   * Reads, checks, rewrites and compiles a module on a worker; modules of one key once.
   *
   * Errors: `ERR_MODULE_TOO_LARGE`, `ERR_MODULE_INVALID`, `ERR_IMPORT_UNKNOWN` (names all of them),
   * `ERR_COMPONENT_UNSUPPORTED`, `ERR_WORKER_FAILED`; an abort rejects with `signal.reason`.
   */
  compile(source: ModuleSource, options: CompileOptions = {}): Promise<CompiledModule> {
    this.#assertOpen();
    this.#crew.warmUp();
    return this.#compiler.compile(source, options);
  }

  /**
   * As {@link GuestPool.compile}, for the core modules of a component; `name` is for messages. What they
   * import is not looked at: the component's own script gives it to them.
   *
   * Errors: `ERR_MODULE_TOO_LARGE`, `ERR_MODULE_INVALID`, `ERR_MODULE_COMPILE_TIMEOUT`,
   * `ERR_WORKER_FAILED`; an abort rejects with `signal.reason`.
   */
  compileComponent(
    component: PreparedComponent,
    name: string,
    options: CompileOptions = {},
  ): Promise<CompiledModule> {
    this.#assertOpen();
    this.#crew.warmUp();
    return this.#compiler.compileComponent(component, name, options);
  }

  /**
   * Starts a guest; it waits for a worker when all are busy. Throws `ERR_QUEUE_FULL`, and
   * `ERR_MODULE_INVALID` when the module does not export the function to call.
   */
  start(spec: GuestSpec, module: CompiledModule, io: GuestIo = {}): Guest {
    this.#assertOpen();
    assertEntry(spec, module);
    const guest = new Guest(this.#host, this.#nextId, spec, module, io);
    this.#nextId = this.#nextId === MAX_ID ? 1 : this.#nextId + 1;
    if (this.#dispatcher.admit(guest, this.#maxQueued)) return guest;
    throw new SafedockError("ERR_QUEUE_FULL", `${this.#maxQueued} guests wait already`, {
      data: { limit: this.#maxQueued },
      hint: "wait for whenReady, start fewer guests at once, or raise maxQueued",
    });
  }

  /**
   * Waits until `start` would not throw `ERR_QUEUE_FULL`. Callers pass one by one, those first that wait
   * longest. An abort rejects with `signal.reason`, `close` with `ERR_ENGINE_CLOSED`.
   */
  async whenReady(signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#gate.whenReady(signal);
  }

  /** A guest will be started soon, for which `whenReady` leaves room; tell when it was, or will not be. */
  expect(): () => void {
    return this.#gate.expect();
  }

  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void {
    this.#keepAlive.hold();
  }

  unhold(): void {
    this.#keepAlive.unhold();
  }

  /** Ends all guests as killed, and all workers. */
  async close(): Promise<void> {
    if (!this.#crew.closed) {
      this.#crew.close();
      this.#endings.killAll();
      this.#compiler.close();
      this.#gate.close();
    }
    await this.#endings.settled();
    this.#sweeper.stop();
    this.#doorbell.close();
    this.#keepAlive.close();
  }

  readonly #host: GuestHost = {
    kill: (guest, verdict) => this.#endings.kill(guest, verdict),
    look: () => this.#look(),
    spin: (worker, policy) => this.#dispatcher.spin(worker, policy),
    hold: () => this.#keepAlive.hold(),
    unhold: () => this.#keepAlive.unhold(),
  };

  readonly #owner: WorkerOwner = {
    ended: (guest, result) => this.#endings.ended(guest, result),
    ready: () => {
      this.#endings.begun();
      this.#dispatcher.pump();
    },
    compiled: (worker, answer) => {
      this.#compiler.answered(worker, answer);
      this.#dispatcher.pump();
    },
    serviceFailed: (guest, service, error) => {
      const detail = `the service ${service} of the app failed: ${String(error)}`;
      this.#endings.kill(guest, { reason: "killed", code: CODE_KILLED, detail });
    },
    died: (worker, error) => this.#endings.died(worker, error),
  };

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      if (!this.#crew.closed) this.#dispatcher.drain();
    });
  }

  #assertOpen(): void {
    if (!this.#crew.closed) return;
    throw new SafedockError("ERR_ENGINE_CLOSED", "The worker pool is closed", {
      data: { root: "" },
    });
  }
}

import type { GuestWorker } from "./guest-worker.js";
import { monotonicMs } from "./monotonic-clock.js";

/** After a kill one worker more is kept ready for so long, in ms: where guests are killed, more will be. */
const SPARE_MS = 60_000;
/** So long after a kill the spare worker is replaced, in ms. */
const REFILL_MS = 10;
/** A worker over the number kept ready is ended after so much idle time, in ms. */
const SURPLUS_IDLE_MS = 10_000;
/** The second and later workers are made so long after the first module came, in ms, out of the way of a cold start. */
const WARM_UP_MS = 250;

export interface CrewOptions {
  /** Workers kept ready. */
  readonly warm: number;
  /** Workers at most. */
  readonly max: number;
  /** No worker is made before one is needed. */
  readonly late: boolean;
  make(): GuestWorker;
  /** Ends a worker that nobody needs, unless guests wait. */
  release(worker: GuestWorker): void;
}

/** The workers of a pool: how many there are, and when one is added or let go. */
export class WorkerCrew {
  readonly #options: CrewOptions;
  readonly #workers: GuestWorker[] = [];
  #warmUp: NodeJS.Timeout | undefined;
  #warming = false;
  #surplus: NodeJS.Timeout | undefined;
  #refill: NodeJS.Timeout | undefined;
  #closed = false;
  /** Until when one worker more is kept ready, in monotonic ms. */
  #spareUntil = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
    if (!options.late) this.add();
  }

  get workers(): readonly GuestWorker[] {
    return this.#workers;
  }

  /** No workers are added by themselves any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Fewer than are kept ready. */
  get short(): boolean {
    return this.#workers.length < this.#options.warm;
  }

  /** How many of those that are kept ready are still to be made. */
  get missing(): number {
    return Math.max(0, this.#options.warm - this.#workers.length);
  }

  get full(): boolean {
    return this.#workers.length >= this.#options.max;
  }

  /** A worker without orders, made if need be. */
  idle(): GuestWorker | undefined {
    const ready = this.#workers.find((worker) => worker.idle && worker.started);
    const any = ready ?? this.#workers.find((worker) => worker.idle);
    if (any !== undefined) return any;
    return this.full ? undefined : this.add();
  }

  /** Makes all workers that are kept ready, soon. An app that only pulls or builds images needs none of them. */
  warmUp(): void {
    if (this.#warming) return;
    this.#warming = true;
    this.#warmUp = setTimeout(() => this.#warmUpNext(), WARM_UP_MS).unref();
  }

  add(): GuestWorker {
    const worker = this.#options.make();
    this.#workers.push(worker);
    return worker;
  }

  remove(worker: GuestWorker): void {
    const at = this.#workers.indexOf(worker);
    if (at !== -1) this.#workers.splice(at, 1);
  }

  /** One worker more is kept ready for a while, so that what comes after a kill does not wait for a new one. */
  keepSpare(): void {
    this.#spareUntil = monotonicMs() + SPARE_MS;
  }

  /** Replaces what was removed, unless there are enough workers; soon if one is idle, else at once. */
  refill(): void {
    if (this.#closed || this.#workers.length >= this.#wanted || this.full) return;
    if (!this.#workers.some((worker) => worker.idle && worker.started)) {
      this.add();
      return;
    }
    // Making a thread holds up the caller's: what comes right after a kill goes first.
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined;
      if (this.#workers.length < this.#wanted) this.add();
    }, REFILL_MS).unref();
  }

  /** Lets workers over the number kept ready go, one after the other. */
  shrinkLater(): void {
    if (this.#surplus !== undefined || this.#workers.length <= this.#wanted) return;
    this.#surplus = setTimeout(() => {
      this.#surplus = undefined;
      const idle = this.#workers.find((worker) => worker.idle);
      if (idle !== undefined) this.#options.release(idle);
      this.shrinkLater();
    }, SURPLUS_IDLE_MS / this.#options.max).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#warmUp);
    clearTimeout(this.#surplus);
    clearTimeout(this.#refill);
  }

  get #wanted(): number {
    return this.#options.warm + (monotonicMs() < this.#spareUntil ? 1 : 0);
  }

  /** One at a time, so that an app that starts is not held up. */
  #warmUpNext(): void {
    this.#warmUp = undefined;
    if (this.#closed || !this.short) return;
    if (this.#workers.every((worker) => worker.started)) this.add();
    this.#warmUp = setTimeout(() => this.#warmUpNext(), WARM_UP_MS).unref();
  }
}

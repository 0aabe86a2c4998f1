import type { GuestWorker } from "./guest-worker.js";

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
  #closed = false;

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

  /** Replaces what was removed, unless there are enough workers. */
  refill(): void {
    if (!this.#closed && this.short) this.add();
  }

  /** Lets workers over the number kept ready go, one after the other. */
  shrinkLater(): void {
    if (this.#surplus !== undefined || this.#workers.length <= this.#options.warm) return;
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
  }

  /** One at a time, so that an app that starts is not held up. */
  #warmUpNext(): void {
    this.#warmUp = undefined;
    if (this.#closed || !this.short) return;
    if (this.#workers.every((worker) => worker.started)) this.add();
    this.#warmUp = setTimeout(() => this.#warmUpNext(), WARM_UP_MS).unref();
  }
}

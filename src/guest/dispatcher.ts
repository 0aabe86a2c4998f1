import { chooseWorker, LONG_RUN_MS } from "./choose-worker.js";
import type { Doorbell } from "./doorbell.js";
import type { Guest } from "./guest.js";
import type { GuestWorker } from "./guest-worker.js";
import type { ModuleCompiler } from "./module-compiler.js";
import { SpinPolicy } from "./spin-policy.js";
import { firstLookMs, type SweepTimer } from "./sweep-timer.js";
import type { WorkerCrew } from "./worker-crew.js";

export interface DispatcherParts {
  readonly crew: WorkerCrew;
  readonly compiler: ModuleCompiler;
  readonly doorbell: Doorbell;
  readonly sweeper: SweepTimer;
  /** There may be room for more guests. */
  readonly roomier: () => void;
}

/** Brings guests to workers: at once, or when one has become free, oldest first. */
export class Dispatcher {
  readonly #crew: WorkerCrew;
  readonly #compiler: ModuleCompiler;
  readonly #doorbell: Doorbell;
  readonly #sweeper: SweepTimer;
  readonly #roomier: () => void;
  readonly #spin = new SpinPolicy();
  /** Guests without a worker, oldest first. */
  readonly #queue: Guest[] = [];
  #inFlight = 0;

  constructor({ crew, compiler, doorbell, sweeper, roomier }: DispatcherParts) {
    this.#crew = crew;
    this.#compiler = compiler;
    this.#doorbell = doorbell;
    this.#sweeper = sweeper;
    this.#roomier = roomier;
  }

  /** Guests that wait for a worker or run. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Guests without a worker. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Whether `coming` guests more, and one, can be expected to be admitted. */
  hasRoom(coming: number, maxQueued: number): boolean {
    if (this.#queue.length + coming < maxQueued) return true;
    if (this.#queue.length > 0) return false;
    const free = this.#crew.workers.filter(({ idle }) => idle).length;
    return coming < free + this.#crew.missing;
  }

  /** Takes a new guest in; false when it would have to wait and `maxQueued` do so already. */
  admit(guest: Guest, maxQueued: number): boolean {
    const worker = this.#queue.length === 0 ? this.#workerFor(guest) : undefined;
    if (worker === undefined && this.#queue.length >= maxQueued) return false;
    this.#inFlight++;
    if (worker === undefined) this.#enqueue(guest);
    else this.#send(guest, worker);
    return true;
  }

  #enqueue(guest: Guest): void {
    this.#queue.push(guest);
    if (this.#crew.short) this.#crew.add();
    else this.#makeRoom();
    this.#sweeper.within(LONG_RUN_MS);
  }

  /** Asks a process that has nothing to do, if there is one, to leave its worker. */
  #makeRoom(): void {
    this.#crew.workers.some((worker) => worker.current?.services?.crowded());
  }

  /** A guest is over; `durationMs` if it ran to its own end. */
  left(durationMs?: number): void {
    this.#inFlight--;
    if (durationMs !== undefined) this.#spin.ran(durationMs);
  }

  /** Takes a guest out of the queue. */
  withdraw(guest: Guest): void {
    const at = this.#queue.indexOf(guest);
    if (at !== -1) this.#queue.splice(at, 1);
  }

  withdrawAll(): Guest[] {
    return this.#queue.splice(0);
  }

  /** The guest is the next one to get a worker. */
  putBack(guest: Guest): void {
    this.#queue.unshift(guest);
  }

  /** Has workers tell what happened, and gives waiting guests to those that have become free. */
  drain(): void {
    for (const worker of [...this.#crew.workers]) worker.drain();
    this.pump();
  }

  /** Polls until a worker's guest has asked or ended, as long as the policy says. */
  spin(worker: GuestWorker, policy: SpinPolicy): void {
    this.#doorbell.poll();
    policy.spin(() => worker.asked || worker.done);
    this.#doorbell.listen();
  }

  /** Gives waiting guests to workers that have become free, first those of the queue. */
  pump(): void {
    if (this.#crew.closed) return;
    this.#compiler.pump();
    while (this.#queue[0] !== undefined) {
      const worker = this.#workerFor(this.#queue[0]);
      if (worker === undefined) break;
      const guest = this.#queue.shift();
      if (guest !== undefined) this.#send(guest, worker);
    }
    if (this.#queue.length === 0) this.#spread();
    // One that had work when the queue began to grow may have none by now.
    else if (!this.#crew.short) this.#makeRoom();
    this.#roomier();
    this.#crew.shrinkLater();
  }

  #workerFor(guest: Guest): GuestWorker | undefined {
    const worker = chooseWorker(this.#crew.workers, guest);
    if (worker?.idle !== true && this.#crew.short) this.#crew.add();
    return worker;
  }

  #send(guest: Guest, worker: GuestWorker): void {
    const alone = this.#inFlight === 1 && worker.started && guest.stdin === undefined;
    const spin = alone && this.#spin.worthIt();
    if (spin) this.#doorbell.poll();
    worker.send(guest);
    this.#sweeper.within(worker.load > 1 ? LONG_RUN_MS : firstLookMs(guest.spec));
    if (!spin) return this.#doorbell.arm();
    this.#spin.spin(() => worker.done);
    this.#doorbell.listen();
  }

  /** Moves orders that have not begun from behind busy guests to idle workers. */
  #spread(): void {
    for (const worker of this.#crew.workers) {
      if (!worker.idle || !worker.started) continue;
      const from = this.#crew.workers.reduce((most, other) =>
        other.load > most.load ? other : most,
      );
      if (from.load < 2) return;
      const guest = from.takeBack();
      if (guest !== undefined) this.#send(guest, worker);
    }
  }
}

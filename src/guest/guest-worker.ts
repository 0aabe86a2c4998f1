import type { SafedockError } from "../base/errors.js";
import type { CompiledModule } from "./compiled-module.js";
import { cpuTimeMs } from "./cpu-time.js";
import { DenialAccount } from "./denial-account.js";
import { HostDesk } from "./host-desk.js";
import type { Bell } from "./doorbell.js";
import type { Guest } from "./guest.js";
import { type GuestExit, isServer } from "./guest-spec.js";
import * as box from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";
import { OrderSlots } from "./order-slots.js";
import { RingReader } from "./ring-reader.js";
import { SentModules } from "./sent-modules.js";
import { readResult, readUsage } from "./slot-result.js";
import { endedFromOutside, KILLED } from "./verdict.js";
import type {
  CompileAnswer,
  CompileCoresMessage,
  CompileMessage,
  WorkerShared,
} from "./worker-messages.js";
import { WorkerThread } from "./worker-thread.js";

/** What a {@link GuestWorker} tells its pool. */
export interface WorkerOwner {
  /** The guest is over, or an error when it was not the guest that failed. */
  ended(guest: Guest, result: GuestExit | SafedockError): void;
  ready(worker: GuestWorker): void;
  compiled(worker: GuestWorker, answer: CompileAnswer): void;
  /** A service of the app has failed, by no fault of the guest that asked. */
  serviceFailed(guest: Guest, service: string, error: unknown): void;
  /** The thread has ended by itself. */
  died(worker: GuestWorker, error: Error | undefined): void;
}

/** App side of one worker: the orders that it holds, and their ends. */
export class GuestWorker {
  readonly #owner: WorkerOwner;
  readonly #mailbox = new box.Mailbox();
  readonly #thread: WorkerThread;
  readonly #slots: OrderSlots;
  readonly #modules: SentModules;
  readonly #rings: readonly [RingReader, RingReader];
  /** Orders that the worker holds, oldest first; an order that was cancelled keeps its place. */
  readonly #orders: (Guest | undefined)[] = [];
  /** Ends just now: what was denied it may still be told. */
  #leaving: Guest | undefined;
  /** Slots used so far; the next order goes to this number modulo SLOT_COUNT. */
  #used = 0;
  /** Made with the first process that has services. */
  #desk: HostDesk | undefined;
  #dead = false;
  #cpuAtKill: number | undefined;
  #started = false;
  /** A module is being compiled: no orders meanwhile. */
  compiling = false;

  constructor(owner: WorkerOwner, bell: Bell, shared: WorkerShared) {
    this.#owner = owner;
    this.#thread = new WorkerThread(this.#mailbox, bell, shared, {
      started: () => {
        this.#started = true;
        if (!this.#dead) this.#owner.ready(this);
      },
      answered: (answer) => {
        this.compiling = false;
        if (!this.#dead) this.#owner.compiled(this, answer);
      },
      denied: (report) => {
        const isMeant = (guest: Guest | undefined) => guest?.id === report.guest;
        const guest = isMeant(this.#leaving) ? this.#leaving : this.#orders.find(isMeant);
        if (guest?.denied === undefined) return;
        guest.denials ??= new DenialAccount(guest.mayTellDenial);
        for (const message of guest.denials.received(report)) guest.denied(message);
      },
      framed: (message) => this.#desk?.received(message),
      exited: (error) => this.#exited(error),
    });
    this.#slots = new OrderSlots(this.#mailbox, this.#thread);
    this.#modules = new SentModules(this.#thread);
    const { stdout, stderr } = this.#mailbox;
    this.#rings = [
      new RingReader(this.#mailbox, stdout, box.STDOUT_RING),
      new RingReader(this.#mailbox, stderr, box.STDERR_RING),
    ];
  }

  /** The thread runs; orders are taken before that too. */
  get started(): boolean {
    return this.#started;
  }

  get idle(): boolean {
    return this.#orders.length === 0 && !this.compiling;
  }

  get load(): number {
    return this.#orders.length;
  }

  get full(): boolean {
    return this.#orders.length === box.SLOT_COUNT;
  }

  hasModule(module: CompiledModule): boolean {
    return this.#modules.has(module);
  }

  /** Since when the current guest runs, in monotonic ms; undefined when none has begun. */
  runningSince(): number | undefined {
    const guest = this.#orders[0];
    if (guest === undefined) return undefined;
    if (this.#slots.state(guest.slot) === box.STATE_QUEUED) return undefined;
    // 0 between the worker's taking of the order and its look at the clock.
    const started = this.#slots.startedAt(guest);
    return started === 0 ? undefined : started;
  }

  /** Processor time of the current guest so far, in ms; the system is asked from `worthAsking` on. */
  cpuMs(guest: Guest, worthAsking = 0): number {
    return cpuTimeMs(this.#mailbox, guest.slot, monotonicMs(), worthAsking);
  }

  /** Whether the current guest has asked something of the app that `drain` would hand on. */
  get asked(): boolean {
    return this.#desk?.asked === true;
  }

  /** The oldest order, whether it has begun or not. */
  get current(): Guest | undefined {
    return this.#orders[0];
  }

  /** Whether the guest waits for something to serve. */
  resting(guest: Guest): boolean {
    return this.#slots.resting(guest);
  }

  /** Whether it has a guest that stays until it is told to end: nothing may stand behind that. */
  get serves(): boolean {
    return this.#orders.some((guest) => guest !== undefined && isServer(guest.spec));
  }

  /** Whether the guest's program has asked to exit, and with which code. */
  exiting(guest: Guest): number | undefined {
    return this.#slots.exiting(guest);
  }

  /** Gives the worker an order; it must not be full, and idle for a guest with streamed stdin. */
  send(guest: Guest): void {
    this.#orders.push(guest);
    guest.worker = this;
    guest.slot = this.#used++ % box.SLOT_COUNT;
    this.#modules.send(guest.module);
    if (guest.services !== undefined) this.#openDesk();
    this.#slots.write(guest);
    this.#thread.wake();
  }

  compile(message: CompileMessage | CompileCoresMessage): void {
    this.compiling = true;
    this.#thread.post(message);
    this.#thread.wake();
  }

  /** True when the oldest order is done: `drain` has something to report. */
  get done(): boolean {
    const guest = this.#orders[0];
    return guest !== undefined && this.#slots.state(guest.slot) === box.STATE_DONE;
  }

  /** Reports what has ended and moves the streams of what runs. */
  drain(): void {
    while (!this.#dead && this.#orders.length > 0) {
      const first = (this.#used - this.#orders.length) % box.SLOT_COUNT;
      // Before the state: what was written by now is this guest's if it still runs after the look. Behind
      // it may stand the next one's, once this one has ended.
      const stdoutHead = this.#rings[0].head();
      const stderrHead = this.#rings[1].head();
      const state = this.#slots.state(first);
      const guest = this.#orders[0];
      if (state !== box.STATE_DONE) {
        if (guest !== undefined && state === box.STATE_RUNNING) {
          this.#moveStreams(guest, stdoutHead, stderrHead);
        }
        return;
      }
      this.#orders.shift();
      if (guest !== undefined) this.#report(guest);
      else this.#slots.clear(first);
    }
  }

  /** Takes the newest order back if it has not begun. */
  takeBack(): Guest | undefined {
    const guest = this.#orders.at(-1);
    if (guest === undefined || guest.stdin !== undefined) return undefined;
    if (!this.#slots.change(guest, box.STATE_QUEUED, box.STATE_EMPTY)) return undefined;
    this.#orders.pop();
    this.#used--;
    this.#forget(guest);
    return guest;
  }

  /** Gives up an order that has not begun; false when it has. */
  cancel(guest: Guest): boolean {
    if (this.#orders.at(-1) === guest && guest.stdin === undefined) {
      return this.takeBack() !== undefined;
    }
    if (!this.#slots.change(guest, box.STATE_QUEUED, box.STATE_CANCELLED)) return false;
    this.#orders[this.#orders.indexOf(guest)] = undefined;
    this.#forget(guest);
    return true;
  }

  /** Claims a running guest for being killed; false when it has just ended by itself. */
  claim(guest: Guest): boolean {
    if (!this.#slots.change(guest, box.STATE_RUNNING, box.STATE_KILLED)) return false;
    // The system forgets the time of a thread that has ended.
    this.#cpuAtKill = this.cpuMs(guest);
    return true;
  }

  /** The reader changed its mind. */
  outputChanged(guest: Guest): void {
    this.#slots.writeInterest(guest, (index) => this.#rings[index]?.wakeWriter());
  }

  /** Ends the thread. */
  async terminate(): Promise<void> {
    this.#dead = true;
    await this.#thread.terminate();
  }

  /** Of a dead worker: all orders but `except`. */
  abandon(except: Guest | undefined): Guest[] {
    this.#dead = true;
    this.#leaving = except;
    const left = this.#orders.filter((guest) => guest !== undefined && guest !== except);
    this.#orders.length = 0;
    for (const guest of left) if (guest !== undefined) guest.worker = undefined;
    return left as Guest[];
  }

  /** Of a dead worker: the last guest's output up to where it was cut, and what it used. */
  finalExit(guest: Guest): GuestExit {
    const truncated = box.slotWord(guest.slot) + box.SLOT_TRUNCATED;
    this.#rings.forEach((ring, index) => {
      const isCut = this.#mailbox.words[truncated + index] === 1;
      guest.outputs[index]?.finish(ring, undefined, isCut);
    });
    if (guest.denied !== undefined) {
      const account = guest.denials ?? new DenialAccount(guest.mayTellDenial);
      const left = account.settle(this.#mailbox, guest.id);
      if (left !== undefined) guest.denied(left);
    }
    const verdict = guest.verdict ?? KILLED;
    const started = this.#slots.startedAt(guest);
    if (started === 0) return endedFromOutside(verdict);
    const wallMs = monotonicMs() - started;
    const cpuMs = this.#cpuAtKill ?? this.cpuMs(guest);
    return endedFromOutside(verdict, wallMs, readUsage(this.#mailbox, guest.slot, wallMs, cpuMs));
  }

  #report(guest: Guest): void {
    const { words } = this.#mailbox;
    const slot = box.slotWord(guest.slot);
    if (words[slot + box.SLOT_DENIED] === 1) {
      this.#leaving = guest;
      this.#thread.receive();
      this.#leaving = undefined;
    }
    if (guest.services !== undefined) {
      this.#leaving = guest;
      this.#desk?.drain();
      this.#leaving = undefined;
    }
    for (let index = 0; index < 2; index++) {
      guest.outputs[index as 0 | 1].finish(
        this.#rings[index as 0 | 1],
        words[slot + box.SLOT_OUTPUT_END + index],
        words[slot + box.SLOT_TRUNCATED + index] === 1,
      );
    }
    const result = readResult(this.#mailbox, guest.slot);
    this.#slots.clear(guest.slot);
    this.#owner.ended(guest, result);
  }

  #moveStreams(guest: Guest, stdoutHead: number, stderrHead: number): void {
    guest.outputs[0].drain(this.#rings[0], stdoutHead);
    guest.outputs[1].drain(this.#rings[1], stderrHead);
    guest.trace?.drain();
    guest.stdin?.feed();
    if (guest.services !== undefined) this.#desk?.drain();
  }

  #openDesk(): void {
    if (this.#desk !== undefined) return;
    const desk = new HostDesk({
      mailbox: this.#mailbox,
      post: (message, given) => this.#thread.post(message, given),
      receive: () => this.#thread.receive(),
      find: (id) => {
        if (this.#leaving?.id === id) return this.#leaving;
        return this.#orders.find((guest) => guest?.id === id);
      },
      failed: (guest, service, error) => this.#owner.serviceFailed(guest, service, error),
    });
    this.#desk = desk;
    this.#thread.post({ type: "host-rings", buffer: desk.buffer });
  }

  #forget(guest: Guest): void {
    guest.worker = undefined;
    this.#slots.forget(guest);
  }

  #exited(error: Error | undefined): void {
    if (this.#dead) return;
    this.drain();
    this.#dead = true;
    this.#thread.disconnect();
    this.#owner.died(this, error);
  }
}

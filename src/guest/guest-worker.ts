import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { SafedockError } from "../base/errors.js";
import type { WritableBoard } from "../fs/writable-board.js";
import type { CompiledModule } from "./compiled-module.js";
import type { Bell } from "./doorbell.js";
import type { Guest } from "./guest.js";
import type { GuestExit } from "./guest-spec.js";
import * as box from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";
import { encodeOrder } from "./order-text.js";
import { RingReader } from "./ring-reader.js";
import { readResult } from "./slot-result.js";
import { endedFromOutside, KILLED } from "./verdict.js";
import type {
  CompileAnswer,
  CompileMessage,
  WorkerMessage,
  WorkerStart,
} from "./worker-messages.js";

/** Modules that a worker keeps; the least recently sent goes first. */
const MAX_WORKER_MODULES = 32;
/** Stack of a worker, in MB: deep recursion of a guest traps at the end of it. Default of Node: 4. */
const STACK_MB = 8;
/**
 * JavaScript heap of a worker, in MB: modules, files' names and tables of descriptors, never the guest's
 * memory. A million files in memory take 200 MB.
 */
const HEAP_MB = 512;

/** Longest wait for a thread to load before it is ended, in ms; on an idle machine it takes 30. */
const MAX_LOADING_MS = 2_000;

/** What a {@link GuestWorker} tells its pool. */
export interface WorkerOwner {
  /** The guest is over, or an error when it was not the guest that failed. */
  ended(guest: Guest, result: GuestExit | SafedockError): void;
  ready(worker: GuestWorker): void;
  compiled(worker: GuestWorker, answer: CompileAnswer): void;
  /** The thread has ended by itself. */
  died(worker: GuestWorker, error: Error | undefined): void;
}

/** App side of one worker thread. */
export class GuestWorker {
  readonly #owner: WorkerOwner;
  readonly #mailbox = new box.Mailbox();
  readonly #thread: Worker;
  readonly #port: MessagePort;
  readonly #rings: readonly [RingReader, RingReader];
  /** Orders that the worker holds, oldest first; an order that was cancelled keeps its place. */
  readonly #orders: (Guest | undefined)[] = [];
  readonly #modules = new Set<number>();
  /** Slots used so far; the next order goes to this number modulo SLOT_COUNT. */
  #used = 0;
  #dead = false;
  #started = false;
  #error: Error | undefined;
  /** A module is being compiled: no orders meanwhile. */
  compiling = false;

  constructor(owner: WorkerOwner, bell: Bell, board: WritableBoard) {
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const start: WorkerStart = { mailbox: this.#mailbox.buffer, bell, board, port: port2 };
    this.#thread = new Worker(new URL("./worker-main.js", import.meta.url), {
      name: "safedock",
      workerData: start,
      transferList: [port2],
      // Neither the app's flags (loaders, inspectors) nor its environment are a guest's business.
      execArgv: [],
      env: {},
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#thread.unref();
    this.#thread.on("error", (error: Error) => (this.#error = error));
    this.#thread.on("exit", () => this.#exited());
    this.#thread.on("online", () => {
      this.#started = true;
      if (!this.#dead) this.#owner.ready(this);
    });
    port1.on("message", (answer: CompileAnswer) => {
      this.compiling = false;
      if (!this.#dead) this.#owner.compiled(this, answer);
    });
    port1.unref();
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
    return this.#modules.has(module.id);
  }

  /** Since when the current guest runs, in monotonic ms; undefined when none has begun. */
  runningSince(): number | undefined {
    const guest = this.#orders[0];
    if (guest === undefined) return undefined;
    const slot = box.slotWord(guest.slot);
    if (Atomics.load(this.#mailbox.words, slot + box.SLOT_STATE) === box.STATE_QUEUED)
      return undefined;
    // 0 between the worker's taking of the order and its look at the clock.
    const started = this.#mailbox.floats[slot / 2 + box.FLOAT_STARTED];
    return started === 0 ? undefined : started;
  }

  /** The oldest order, whether it has begun or not. */
  get current(): Guest | undefined {
    return this.#orders[0];
  }

  /** Whether the guest's program has asked to exit, and with which code. */
  exiting(guest: Guest): number | undefined {
    const slot = box.slotWord(guest.slot);
    if (Atomics.load(this.#mailbox.words, slot + box.SLOT_EXITING) === 0) return undefined;
    return (this.#mailbox.words[slot + box.SLOT_CODE] ?? 0) >>> 0;
  }

  /** Gives the worker an order; it must not be full, and idle for a guest with streamed stdin. */
  send(guest: Guest): void {
    const { words } = this.#mailbox;
    const number = this.#used++ % box.SLOT_COUNT;
    const slot = box.slotWord(number);
    this.#orders.push(guest);
    guest.worker = this;
    guest.slot = number;
    this.#sendModule(guest.module);
    this.#writeOrder(guest, number, slot);
    const [stdout, stderr] = guest.outputs;
    for (const [index, output] of [stdout, stderr].entries()) {
      words[slot + box.SLOT_INTEREST + index] = output.interest();
      words[slot + box.SLOT_CLOSED + index] = output.closed ? 1 : 0;
      words[slot + box.SLOT_CAPTURE + index] = output.captureBytes();
    }
    words[slot + box.SLOT_EXITING] = 0;
    this.#mailbox.floats[slot / 2 + box.FLOAT_STARTED] = 0;
    words[slot + box.SLOT_MODULE] = guest.module.id;
    guest.stdin?.attach(this.#mailbox);
    Atomics.store(words, slot + box.SLOT_STATE, box.STATE_QUEUED);
    this.#wake();
  }

  compile(message: CompileMessage): void {
    this.compiling = true;
    this.#post(message);
    this.#wake();
  }

  /** True when the oldest order is done: `drain` has something to report. */
  get done(): boolean {
    const guest = this.#orders[0];
    if (guest === undefined) return false;
    const slot = box.slotWord(guest.slot);
    return Atomics.load(this.#mailbox.words, slot + box.SLOT_STATE) === box.STATE_DONE;
  }

  /** Reports what has ended and moves the streams of what runs. */
  drain(): void {
    while (!this.#dead && this.#orders.length > 0) {
      const first = (this.#used - this.#orders.length) % box.SLOT_COUNT;
      const slot = box.slotWord(first);
      // Before the state: what was written by now is this guest's if it still runs after the look. Behind
      // it may stand the next one's, once this one has ended.
      const stdoutHead = this.#rings[0].head();
      const stderrHead = this.#rings[1].head();
      const state = Atomics.load(this.#mailbox.words, slot + box.SLOT_STATE);
      const guest = this.#orders[0];
      if (state !== box.STATE_DONE) {
        if (guest !== undefined && state === box.STATE_RUNNING) {
          this.#moveStreams(guest, stdoutHead, stderrHead);
        }
        return;
      }
      this.#orders.shift();
      if (guest !== undefined) this.#report(guest, first, slot);
      else Atomics.store(this.#mailbox.words, slot + box.SLOT_STATE, box.STATE_EMPTY);
    }
  }

  /** Takes the newest order back if it has not begun. */
  takeBack(): Guest | undefined {
    const guest = this.#orders.at(-1);
    if (guest === undefined || guest.stdin !== undefined) return undefined;
    if (!this.#change(guest, box.STATE_QUEUED, box.STATE_EMPTY)) return undefined;
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
    if (!this.#change(guest, box.STATE_QUEUED, box.STATE_CANCELLED)) return false;
    this.#orders[this.#orders.indexOf(guest)] = undefined;
    this.#forget(guest);
    return true;
  }

  /** Claims a running guest for being killed; false when it has just ended by itself. */
  claim(guest: Guest): boolean {
    return this.#change(guest, box.STATE_RUNNING, box.STATE_KILLED);
  }

  /** The reader changed its mind. */
  outputChanged(guest: Guest): void {
    const { words } = this.#mailbox;
    const slot = box.slotWord(guest.slot);
    guest.outputs.forEach((output, index) => {
      Atomics.store(words, slot + box.SLOT_INTEREST + index, output.interest());
      if (!output.closed || Atomics.load(words, slot + box.SLOT_CLOSED + index) === 1) return;
      Atomics.store(words, slot + box.SLOT_CLOSED + index, 1);
      this.#rings[index]?.wakeWriter();
    });
  }

  /** Ends the thread; the orders that had not begun, oldest first. The current guest is not among them. */
  async terminate(): Promise<void> {
    this.#dead = true;
    this.#port.close();
    await this.#loaded();
    await this.#thread.terminate();
  }

  /** A thread that is ended while it loads its modules leaves the descriptor of one of them open. */
  async #loaded(): Promise<void> {
    const loading = Atomics.waitAsync(this.#mailbox.words, box.LOADED, 0);
    if (!loading.async) return;
    const timer = new AbortController();
    await Promise.race([
      loading.value,
      once(this.#thread, "exit"),
      sleep(MAX_LOADING_MS, undefined, timer),
    ]);
    timer.abort();
  }

  /** Of a dead worker: all orders but `except`. */
  abandon(except: Guest | undefined): Guest[] {
    this.#dead = true;
    const left = this.#orders.filter((guest) => guest !== undefined && guest !== except);
    this.#orders.length = 0;
    for (const guest of left) if (guest !== undefined) guest.worker = undefined;
    return left as Guest[];
  }

  /** Of a dead worker: the last guest's output up to where it was cut, and what it used. */
  finalExit(guest: Guest): GuestExit {
    const slot = box.slotWord(guest.slot);
    this.#rings.forEach((ring, index) => guest.outputs[index]?.finish(ring, undefined, false));
    const started = this.#mailbox.floats[slot / 2 + box.FLOAT_STARTED] ?? 0;
    return endedFromOutside(guest.verdict ?? KILLED, started === 0 ? 0 : monotonicMs() - started);
  }

  #report(guest: Guest, number: number, slot: number): void {
    const { words } = this.#mailbox;
    for (let index = 0; index < 2; index++) {
      guest.outputs[index as 0 | 1].finish(
        this.#rings[index as 0 | 1],
        words[slot + box.SLOT_OUTPUT_END + index],
        words[slot + box.SLOT_TRUNCATED + index] === 1,
      );
    }
    const result = readResult(this.#mailbox, number);
    Atomics.store(words, slot + box.SLOT_STATE, box.STATE_EMPTY);
    this.#owner.ended(guest, result);
  }

  #moveStreams(guest: Guest, stdoutHead: number, stderrHead: number): void {
    guest.outputs[0].drain(this.#rings[0], stdoutHead);
    guest.outputs[1].drain(this.#rings[1], stderrHead);
    guest.stdin?.feed();
  }

  #writeOrder(guest: Guest, number: number, slot: number): void {
    const { words, payloads } = this.#mailbox;
    const payload = payloads[number];
    const spec = encodeOrder(guest.spec);
    const stdin = guest.stdinBytes;
    const stdinLength = stdin?.length ?? 0;
    words[slot + box.SLOT_ORDER_ID] = guest.id;
    words[slot + box.SLOT_STDIN_LENGTH] =
      guest.stdin === undefined ? stdinLength : box.STDIN_BY_RING;
    // UTF-8 takes at most 3 bytes per UTF-16 unit.
    if (spec.length * 3 + stdinLength <= box.PAYLOAD_BYTES) {
      const length = payload.write(spec, 0);
      if (stdin !== undefined) payload.set(stdin, length);
      words[slot + box.SLOT_ORDER_LENGTH] = length;
      return;
    }
    words[slot + box.SLOT_ORDER_LENGTH] = box.ORDER_BY_MESSAGE;
    const bytes = stdin ?? new Uint8Array(0);
    this.#post({ type: "order", id: guest.id, spec, stdin: bytes });
  }

  #sendModule(module: CompiledModule): void {
    const known = this.#modules.delete(module.id);
    this.#modules.add(module.id);
    if (known) return;
    const { id, memories, memoryModule } = module;
    this.#post({ type: "module", id, module: module.module, memories, memoryModule });
    // The orders still waiting use at most SLOT_COUNT modules, the newest ones.
    for (const oldest of this.#modules) {
      if (this.#modules.size <= MAX_WORKER_MODULES) break;
      this.#modules.delete(oldest);
      this.#post({ type: "drop-module", id: oldest });
    }
  }

  #change(guest: Guest, from: number, to: number): boolean {
    const state = box.slotWord(guest.slot) + box.SLOT_STATE;
    return Atomics.compareExchange(this.#mailbox.words, state, from, to) === from;
  }

  #forget(guest: Guest): void {
    guest.worker = undefined;
    const length = this.#mailbox.words[box.slotWord(guest.slot) + box.SLOT_ORDER_LENGTH];
    if (length === box.ORDER_BY_MESSAGE) this.#post({ type: "drop-order", id: guest.id });
  }

  #post(message: WorkerMessage): void {
    this.#port.postMessage(message);
  }

  #wake(): void {
    const { words } = this.#mailbox;
    Atomics.add(words, box.WAKE, 1);
    if (Atomics.load(words, box.PARKED) === 1) Atomics.notify(words, box.WAKE);
  }

  #exited(): void {
    if (this.#dead) return;
    this.drain();
    this.#dead = true;
    this.#port.close();
    this.#owner.died(this, this.#error);
  }
}

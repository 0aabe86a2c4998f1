import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Stdio } from "../wasi/stdio.js";
import { DenialNotes } from "./denial-notes.js";
import { ringBell } from "./doorbell.js";
import { HostPort } from "./host-port.js";
import type { GuestSpec } from "./guest-spec.js";
import { Kernel } from "./kernel.js";
import * as box from "./mailbox.js";
import { MemoryPool } from "./memory-pool.js";
import { monotonicMs } from "./monotonic-clock.js";
import { RingWriter } from "./ring-writer.js";
import { SlotUsage } from "./slot-usage.js";
import { OwnThreadTime, THREAD_TIME_STEP_MS, threadId } from "./thread-time.js";
import { type LoadedModule, runGuest, type RunOutcome } from "./run-guest.js";
import { compileCores } from "./compile-cores.js";
import { ComponentCode } from "./component-code.js";
import type { CallTimes } from "./run-component.js";
import { compileModule } from "./worker-compile.js";
import { TraceRing } from "./trace-ring.js";
import { TraceWriter } from "./trace-writer.js";
import type { ModuleMessage, WorkerMessage, WorkerStart } from "./worker-messages.js";
import { EMPTY_STDIN, InlineStdin, RingStdin } from "./worker-stdin.js";

/** Looks for the next order this often before the worker parks: about 100 µs, what a caller takes between two runs. */
const SPINS_BEFORE_PARK = 5000;
/** Runs before the worker's event loop gets a turn: V8 frees some things of dead instances only there. */
const RUNS_PER_TURN = 512;
/** Idle time before that turn is given anyway, in ms. */
const IDLE_TURN_MS = 50;
/** Orders remembered as parsed: a service runs the same few again and again. */
const MAX_PARSED = 64;

/** The life of one worker. */
export class WorkerLoop {
  readonly #start: WorkerStart;
  readonly #mailbox: box.Mailbox;
  readonly #port: MessagePort;
  readonly #memories = new MemoryPool();
  readonly #kernel: Kernel;
  readonly #denials: DenialNotes;
  readonly #modules = new Map<number, LoadedModule>();
  readonly #orders = new Map<number, { spec: string; stdin: Uint8Array }>();
  readonly #traces = new Map<number, SharedArrayBuffer>();
  readonly #parsed = new Map<string, GuestSpec>();
  readonly #stdout: RingWriter;
  readonly #stderr: RingWriter;
  readonly #ringStdin: RingStdin;
  readonly #usage: SlotUsage;
  readonly #threadTime = new OwnThreadTime();
  /** Made when a process that may ask something of the app is on its way. */
  #host: HostPort | undefined;
  #hasComponents = false;
  /** The last order has made many instances. */
  #mustTurn = false;
  /** Orders taken so far. */
  #taken = 0;
  #slotInUse = 0;
  /** Awake time from which the guest's processor time is measured, in ms; none for one without a limit on it. */
  #cpuStepMs = Infinity;

  constructor(start: WorkerStart) {
    this.#start = start;
    const mailbox = new box.Mailbox(start.mailbox);
    this.#mailbox = mailbox;
    this.#port = start.port;
    const { words } = mailbox;
    const usage = new SlotUsage(mailbox);
    this.#usage = usage;
    const { bell } = start;
    this.#stdout = new RingWriter(words, mailbox.stdout, box.STDOUT_RING, 0, { bell, usage });
    this.#stderr = new RingWriter(words, mailbox.stderr, box.STDERR_RING, 1, { bell, usage });
    this.#ringStdin = new RingStdin(mailbox, { bell, usage });
    words[box.THREAD_ID] = threadId();
    this.#denials = new DenialNotes(mailbox, start.port);
    this.#kernel = new Kernel(start, this.#denials, (code) => {
      words[this.#slotInUse + box.SLOT_CODE] = code | 0;
      Atomics.store(words, this.#slotInUse + box.SLOT_EXITING, 1);
    });
    Atomics.store(words, box.LOADED, 1);
    Atomics.notify(words, box.LOADED);
  }

  /** Takes orders until the event loop should have its turn, which calls this again. */
  turn(): void {
    const { words } = this.#mailbox;
    let idle = false;
    for (let runs = 0; runs < RUNS_PER_TURN;) {
      if (this.#mustLoad) {
        void this.#load();
        return;
      }
      if (this.#takeOrder()) {
        runs++;
        if (!this.#mustTurn) continue;
        this.#mustTurn = false;
        break;
      }
      if (this.#spin()) continue;
      const wake = Atomics.load(words, box.WAKE);
      this.#drainPort();
      // While the app makes the order for what was compiled just now.
      if (this.#mustLoad) continue;
      Atomics.store(words, box.PARKED, 1);
      if (this.#orderWaits()) {
        Atomics.store(words, box.PARKED, 0);
        continue;
      }
      const woken = Atomics.wait(words, box.WAKE, wake, idle ? Infinity : IDLE_TURN_MS);
      Atomics.store(words, box.PARKED, 0);
      if (woken === "timed-out") {
        idle = true;
        if (runs > 0) break;
      }
    }
    setImmediate(() => this.turn());
  }

  /** Whether there are components here and no host for them yet. */
  get #mustLoad(): boolean {
    return this.#hasComponents && !this.#kernel.runsComponents;
  }

  /** Workers without components have nothing of it. */
  async #load(): Promise<void> {
    const { createPreview2 } = await import("../wasi/preview2/index.js");
    this.#kernel.usePreview2(createPreview2());
    this.turn();
  }

  #orderWaits(): boolean {
    const slot = box.slotWord(this.#taken % box.SLOT_COUNT);
    const state = Atomics.load(this.#mailbox.words, slot + box.SLOT_STATE);
    return state === box.STATE_QUEUED || state === box.STATE_CANCELLED;
  }

  #spin(): boolean {
    for (let spin = 0; spin < SPINS_BEFORE_PARK; spin++) {
      if (this.#orderWaits()) return true;
    }
    return false;
  }

  #takeOrder(): boolean {
    const { words } = this.#mailbox;
    const number = this.#taken % box.SLOT_COUNT;
    const slot = box.slotWord(number);
    const state = slot + box.SLOT_STATE;
    const seen = Atomics.load(words, state);
    if (seen === box.STATE_CANCELLED) {
      if (Atomics.compareExchange(words, state, seen, box.STATE_DONE) !== seen) return true;
      this.#taken++;
      ringBell(this.#start.bell);
      return true;
    }
    if (seen !== box.STATE_QUEUED) return false;
    if (!this.#modules.has(words[slot + box.SLOT_MODULE] ?? 0)) this.#drainPort();
    if (this.#mustLoad) return true;
    // The app may have taken the order back in between.
    if (Atomics.compareExchange(words, state, seen, box.STATE_RUNNING) !== seen) return true;
    this.#taken++;
    this.#run(number, slot);
    return true;
  }

  #run(number: number, slot: number): void {
    const { words, floats } = this.#mailbox;
    const float = slot / 2;
    this.#slotInUse = slot;
    this.#usage.begin(slot);
    words[slot + box.SLOT_LIMIT] = 0;
    floats[float + box.FLOAT_CPU_STARTED] = 0;
    this.#cpuStepMs = Infinity;
    const started = monotonicMs();
    floats[float + box.FLOAT_STARTED] = started;
    this.#stdout.begin(slot);
    this.#stderr.begin(slot);
    this.#denials.begin(slot);
    let outcome: RunOutcome;
    try {
      outcome = this.#execute(number, slot, started);
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      outcome = { reason: box.REASON_FAILED, code: 0, detail, spoilt: true };
    }
    this.#stdout.end();
    this.#stderr.end();
    this.#denials.end();
    this.#host?.end();
    const ended = monotonicMs();
    floats[float + box.FLOAT_ENDED] = ended;
    // A shorter time was not counted yet: what the guest was awake says more, and costs no call.
    const isCounted = ended - started - floats[float + box.FLOAT_PARKED] >= this.#cpuStepMs;
    floats[float + box.FLOAT_CPU_ENDED] = isCounted ? this.#threadTime.read() : 0;
    if (outcome.limit !== undefined) {
      words[slot + box.SLOT_LIMIT] = box.LIMIT_NAMES.indexOf(outcome.limit) + 1;
    }
    words[slot + box.SLOT_REASON] = outcome.reason;
    words[slot + box.SLOT_CODE] = outcome.code | 0;
    words[slot + box.SLOT_DETAIL_LENGTH] =
      outcome.detail === undefined
        ? 0
        : (this.#mailbox.payloads[number]?.write(outcome.detail, 0) ?? 0);
    const state = slot + box.SLOT_STATE;
    const seen = Atomics.compareExchange(words, state, box.STATE_RUNNING, box.STATE_DONE);
    if (seen === box.STATE_RUNNING) ringBell(this.#start.bell);
    // Killed: the thread is about to be terminated.
    else Atomics.wait(words, box.SLEEP, 0);
    // What it has open goes with the thread; the app makes another one.
    if (outcome.spoilt === true) process.exit();
    // After the answer, so that the caller does not wait for it; before the next guest, always.
    this.#memories.zero();
  }

  #execute(number: number, slot: number, started: number): RunOutcome {
    const { words } = this.#mailbox;
    const id = words[slot + box.SLOT_MODULE] ?? 0;
    const length = words[slot + box.SLOT_ORDER_LENGTH] ?? 0;
    let stdio: Stdio["stdin"] = EMPTY_STDIN;
    let text: string;
    if (length === box.ORDER_BY_MESSAGE) {
      const orderId = words[slot + box.SLOT_ORDER_ID] ?? 0;
      this.#drainPort();
      const order = this.#orders.get(orderId);
      if (order === undefined) throw new Error(`order ${orderId} did not arrive`);
      this.#orders.delete(orderId);
      text = order.spec;
      stdio = new InlineStdin(order.stdin);
    } else {
      const payload = this.#mailbox.payloads[number];
      if (payload === undefined) throw new Error(`no slot ${number}`);
      text = payload.toString("utf8", 0, length);
      const inline = words[slot + box.SLOT_STDIN_LENGTH] ?? 0;
      if (inline > 0) stdio = new InlineStdin(payload.subarray(length, length + inline));
    }
    if (words[slot + box.SLOT_STDIN_LENGTH] === box.STDIN_BY_RING) stdio = this.#ringStdin;
    if (!this.#modules.has(id)) this.#drainPort();
    const loaded = this.#modules.get(id);
    if (loaded === undefined) throw new Error(`module ${id} did not arrive`);
    const spec = this.#parse(text);
    const traced = words[slot + box.SLOT_TRACED] === 1;
    const trace = traced ? this.#tracer(words[slot + box.SLOT_ORDER_ID] ?? 0) : undefined;
    if (spec.cpuMs !== undefined) {
      this.#mailbox.floats[slot / 2 + box.FLOAT_CPU_STARTED] = this.#threadTime.recent(started);
      this.#cpuStepMs = Math.min(spec.cpuMs, THREAD_TIME_STEP_MS);
    }
    this.#mustTurn = spec.program === "http-fresh";
    return runGuest(
      spec,
      loaded,
      this.#kernel,
      {
        spec,
        stdio: { stdin: stdio, stdout: this.#stdout, stderr: this.#stderr, sleep: this.#sleep },
        trace,
        usage: this.#usage,
        host: this.#hostOf(spec, slot),
        times: this.#times,
      },
      this.#memories,
    );
  }

  /** What the process may ask of the app; undefined: nothing. */
  #hostOf({ services }: GuestSpec, slot: number): HostPort | undefined {
    if (services === undefined) return undefined;
    if (this.#host === undefined) this.#drainPort();
    const host = this.#host;
    if (host === undefined) throw new Error("the rings of a process with services did not arrive");
    host.begin(this.#mailbox.words[slot + box.SLOT_ORDER_ID] ?? 0, services);
    return host;
  }

  /** Each call of a process that serves them has a time of its own. */
  readonly #times: CallTimes = {
    begin: () => {
      const { words, floats } = this.#mailbox;
      const float = this.#slotInUse / 2;
      const now = monotonicMs();
      floats[float + box.FLOAT_STARTED] = now;
      floats[float + box.FLOAT_PARKED] = 0;
      if (floats[float + box.FLOAT_CPU_STARTED] !== 0) {
        floats[float + box.FLOAT_CPU_STARTED] = this.#threadTime.recent(now);
      }
      Atomics.store(words, this.#slotInUse + box.SLOT_IDLE, 0);
    },
    idle: () => Atomics.store(this.#mailbox.words, this.#slotInUse + box.SLOT_IDLE, 1),
  };

  readonly #sleep = (ms: number): void => {
    this.#usage.park(box.SLEEP, 0, ms);
  };

  #tracer(id: number): TraceWriter {
    this.#drainPort();
    const ring = this.#traces.get(id);
    if (ring === undefined) throw new Error(`the trace of order ${id} did not arrive`);
    this.#traces.delete(id);
    return new TraceWriter(new TraceRing(ring), this.#start.bell);
  }

  #parse(text: string): GuestSpec {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const spec = JSON.parse(text) as GuestSpec;
    if (this.#parsed.size === MAX_PARSED) this.#parsed.clear();
    this.#parsed.set(text, spec);
    return spec;
  }

  #drainPort(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const message = received.message as WorkerMessage;
      switch (message.type) {
        case "module":
          this.#modules.set(message.id, loaded(message));
          this.#hasComponents ||= message.component !== undefined;
          break;
        case "drop-module":
          this.#modules.delete(message.id);
          break;
        case "order":
          this.#orders.set(message.id, message);
          break;
        case "drop-order":
          this.#orders.delete(message.id);
          break;
        case "trace":
          this.#traces.set(message.id, message.ring);
          break;
        case "drop-trace":
          this.#traces.delete(message.id);
          break;
        case "host-rings":
          this.#host = new HostPort(message.buffer, {
            mailbox: this.#mailbox,
            bell: this.#start.bell,
            port: this.#port,
            usage: this.#usage,
            drainPort: () => this.#drainPort(),
          });
          break;
        case "host-frame":
          this.#host?.received(message);
          break;
        case "compile":
          this.#port.postMessage(compileModule(message));
          break;
        case "compile-cores":
          this.#port.postMessage(compileCores(message));
          this.#hasComponents = true;
      }
    }
  }
}

function loaded({ module, memories, memoryModule, component }: ModuleMessage): LoadedModule {
  if (component === undefined) return { module, memories, memoryModule };
  return { module, memories, memoryModule, code: new ComponentCode(component) };
}

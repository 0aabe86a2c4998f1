import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { releaseThread } from "../fs/writable-board.js";
import type { DenialReport } from "./denial-message.js";
import type { Bell } from "./doorbell.js";
import type { HostFrameMessage } from "./host-frames.js";
import { LOADED, type Mailbox, PARKED, WAKE } from "./mailbox.js";
import type {
  CompileAnswer,
  WorkerShared,
  WorkerAnswer,
  WorkerMessage,
  WorkerStart,
} from "./worker-messages.js";

/** Stack of a worker, in MB: deep recursion of a guest traps at the end of it. Default of Node: 4. */
const STACK_MB = 8;
/**
 * JavaScript heap of a worker, in MB: modules, files' names and tables of descriptors, never the guest's
 * memory. A million files in memory take 200 MB.
 */
const HEAP_MB = 512;
/**
 * Young generation of that heap, in MB. A dead instance outlives all small collections, so a large one only
 * copies more at a time: with 4 in place of 48 a worker takes 40 MB less and is as fast.
 */
const YOUNG_MB = 4;

/** Longest wait for a thread to load before it is ended, in ms; on an idle machine it takes 30. */
const MAX_LOADING_MS = 2_000;

/** What a {@link WorkerThread} tells. */
export interface ThreadEvents {
  started(): void;
  answered(answer: CompileAnswer): void;
  denied(report: DenialReport): void;
  /** What did not fit into the rings. */
  framed(message: HostFrameMessage): void;
  /** It has ended; `error` if by one. */
  exited(error: Error | undefined): void;
}

/** The thread of a worker: its start, its messages, its end. It does not keep the app alive. */
export class WorkerThread {
  readonly #mailbox: Mailbox;
  readonly #thread: Worker;
  readonly #port: MessagePort;
  readonly #events: ThreadEvents;
  #error: Error | undefined;

  constructor(
    mailbox: Mailbox,
    bell: Bell,
    { board, policies, prepared }: WorkerShared,
    events: ThreadEvents,
  ) {
    this.#mailbox = mailbox;
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const start: WorkerStart = {
      ...{ mailbox: mailbox.buffer, bell, board, policies, prepared },
      port: port2,
    };
    this.#thread = new Worker(new URL("./worker-main.js", import.meta.url), {
      name: "safedock",
      workerData: start,
      transferList: [port2],
      // Neither the app's flags (loaders, inspectors) nor its environment are a guest's business.
      execArgv: [],
      env: {},
      resourceLimits: {
        stackSizeMb: STACK_MB,
        maxOldGenerationSizeMb: HEAP_MB,
        maxYoungGenerationSizeMb: YOUNG_MB,
      },
    });
    this.#thread.unref();
    this.#thread.on("error", (error: Error) => (this.#error = error));
    const { threadId } = this.#thread; // it is forgotten at the end
    this.#thread.on("exit", () => {
      releaseThread(board, threadId);
      events.exited(this.#error);
    });
    this.#thread.on("online", () => events.started());
    port1.on("message", (answer: WorkerAnswer) => this.#received(answer));
    port1.unref();
  }

  post(message: WorkerMessage, given: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, given);
  }

  /** Makes it look at its orders and messages. */
  wake(): void {
    const { words } = this.#mailbox;
    Atomics.add(words, WAKE, 1);
    if (Atomics.load(words, PARKED) === 1) Atomics.notify(words, WAKE);
  }

  /** Takes the messages that have come, ahead of the event loop. */
  receive(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#received(received.message as WorkerAnswer);
    }
  }

  /** No messages any more, in either direction; those that have come are not lost. */
  disconnect(): void {
    this.receive();
    this.#port.close();
  }

  async terminate(): Promise<void> {
    await this.#loaded();
    await this.#thread.terminate();
    this.disconnect();
  }

  #received(answer: WorkerAnswer): void {
    if (answer.type === "denied") this.#events.denied(answer);
    else if (answer.type === "host-frame") this.#events.framed(answer);
    else this.#events.answered(answer);
  }

  /** A thread that is ended while it loads its modules leaves the descriptor of one of them open. */
  async #loaded(): Promise<void> {
    const loading = Atomics.waitAsync(this.#mailbox.words, LOADED, 0);
    if (!loading.async) return;
    const timer = new AbortController();
    await Promise.race([
      loading.value,
      once(this.#thread, "exit"),
      sleep(MAX_LOADING_MS, undefined, timer),
    ]);
    timer.abort();
  }
}

import type { Guest } from "./guest.js";
import * as box from "./mailbox.js";
import { encodeOrder } from "./order-text.js";
import type { WorkerThread } from "./worker-thread.js";

/** App side of a mailbox's slots: writes orders, and reads how far each one is. */
export class OrderSlots {
  readonly #mailbox: box.Mailbox;
  readonly #thread: WorkerThread;

  constructor(mailbox: box.Mailbox, thread: WorkerThread) {
    this.#mailbox = mailbox;
    this.#thread = thread;
  }

  /** Writes the guest's order into its slot, for the worker to take. */
  write(guest: Guest): void {
    const { words, floats } = this.#mailbox;
    const slot = box.slotWord(guest.slot);
    this.#writeText(guest, slot);
    const [stdout, stderr] = guest.outputs;
    for (const [index, output] of [stdout, stderr].entries()) {
      words[slot + box.SLOT_INTEREST + index] = output.interest();
      words[slot + box.SLOT_CLOSED + index] = output.closed;
      words[slot + box.SLOT_CAPTURE + index] = output.captureBytes();
    }
    words[slot + box.SLOT_EXITING] = 0;
    words[slot + box.SLOT_IDLE] = 0;
    floats[slot / 2 + box.FLOAT_STARTED] = 0;
    words[slot + box.SLOT_MODULE] = guest.module.id;
    words[slot + box.SLOT_TRACED] = guest.trace === undefined ? 0 : 1;
    if (guest.trace !== undefined) {
      this.#thread.post({ type: "trace", id: guest.id, ring: guest.trace.buffer });
    }
    guest.stdin?.attach(this.#mailbox);
    Atomics.store(words, slot + box.SLOT_STATE, box.STATE_QUEUED);
  }

  /** Tells the worker that an order's outputs are wanted in another way; `closed` hears of those that nobody reads any more. */
  writeInterest(guest: Guest, closed: (index: number) => void): void {
    const { words } = this.#mailbox;
    const slot = box.slotWord(guest.slot);
    guest.outputs.forEach((output, index) => {
      Atomics.store(words, slot + box.SLOT_INTEREST + index, output.interest());
      const at = slot + box.SLOT_CLOSED + index;
      if (output.closed === 0 || Atomics.load(words, at) === output.closed) return;
      Atomics.store(words, at, output.closed);
      closed(index);
    });
  }

  /** One of STATE_*. */
  state(number: number): number {
    return Atomics.load(this.#mailbox.words, box.slotWord(number) + box.SLOT_STATE);
  }

  /** Takes the guest's order from one state to another; false when it was not in the first. */
  change(guest: Guest, from: number, to: number): boolean {
    const state = box.slotWord(guest.slot) + box.SLOT_STATE;
    return Atomics.compareExchange(this.#mailbox.words, state, from, to) === from;
  }

  /** Frees a slot for the next order. */
  clear(number: number): void {
    Atomics.store(this.#mailbox.words, box.slotWord(number) + box.SLOT_STATE, box.STATE_EMPTY);
  }

  /** When the guest began, in monotonic ms; 0 before. */
  startedAt(guest: Guest): number {
    return this.#mailbox.floats[box.slotWord(guest.slot) / 2 + box.FLOAT_STARTED] ?? 0;
  }

  /** Whether it waits for something to serve, so that no time counts. */
  resting(guest: Guest): boolean {
    const { words } = this.#mailbox;
    return Atomics.load(words, box.slotWord(guest.slot) + box.SLOT_IDLE) === 1;
  }

  /** The code with which the guest's program has asked to exit. */
  exiting(guest: Guest): number | undefined {
    const { words } = this.#mailbox;
    const slot = box.slotWord(guest.slot);
    if (Atomics.load(words, slot + box.SLOT_EXITING) === 0) return undefined;
    return (words[slot + box.SLOT_CODE] ?? 0) >>> 0;
  }

  /** Lets the worker drop what came with the order by message: it was given up. */
  forget(guest: Guest): void {
    const length = this.#mailbox.words[box.slotWord(guest.slot) + box.SLOT_ORDER_LENGTH];
    if (length === box.ORDER_BY_MESSAGE) this.#thread.post({ type: "drop-order", id: guest.id });
    if (guest.trace !== undefined) this.#thread.post({ type: "drop-trace", id: guest.id });
  }

  #writeText(guest: Guest, slot: number): void {
    const { words, payloads } = this.#mailbox;
    const payload = payloads[guest.slot];
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
    this.#thread.post({ type: "order", id: guest.id, spec, stdin: bytes });
  }
}

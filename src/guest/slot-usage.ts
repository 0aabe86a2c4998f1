import type { ContextUsage } from "../wasi/context-spec.js";
import {
  FLOAT_CALLS,
  FLOAT_MEMORY,
  FLOAT_PARKED,
  FLOAT_PARKED_SINCE,
  FLOAT_READ,
  FLOAT_WRITTEN,
  type Mailbox,
} from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";

/**
 * Worker side: what a guest uses, counted in the mailbox, so that the app knows it also of a guest whose
 * thread it has ended.
 */
export class SlotUsage implements ContextUsage {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #floats: Float64Array<SharedArrayBuffer>;
  #at = 0;
  #memories: readonly WebAssembly.Memory[] = [];
  /** Called before the thread stops for a while. */
  beforePark: (() => void) | undefined;

  constructor({ words, floats }: Mailbox) {
    this.#words = words;
    this.#floats = floats;
  }

  /** `slot`: the slot's word 0. */
  begin(slot: number): void {
    this.#at = slot / 2;
    this.#floats.fill(0, this.#at + FLOAT_MEMORY, this.#at + FLOAT_PARKED_SINCE + 1);
  }

  /** The guest's memories, as they are now and will grow. */
  useMemories(memories: readonly WebAssembly.Memory[]): void {
    this.#memories = memories;
    this.memoryChanged();
  }

  end(): void {
    this.memoryChanged();
    this.#memories = [];
  }

  get readBytes(): number {
    return this.#floats[this.#at + FLOAT_READ] ?? 0;
  }

  set readBytes(bytes: number) {
    this.#floats[this.#at + FLOAT_READ] = bytes;
  }

  get writtenBytes(): number {
    return this.#floats[this.#at + FLOAT_WRITTEN] ?? 0;
  }

  set writtenBytes(bytes: number) {
    this.#floats[this.#at + FLOAT_WRITTEN] = bytes;
  }

  get hostCalls(): number {
    return this.#floats[this.#at + FLOAT_CALLS] ?? 0;
  }

  set hostCalls(calls: number) {
    this.#floats[this.#at + FLOAT_CALLS] = calls;
  }

  memoryChanged(): void {
    let bytes = 0;
    for (const { buffer } of this.#memories) bytes += buffer.byteLength;
    this.#floats[this.#at + FLOAT_MEMORY] = bytes;
  }

  /** `Atomics.wait` on a word of the mailbox, which is no processor time of the guest. */
  park(word: number, value: number, timeoutMs: number): void {
    this.beforePark?.();
    const since = monotonicMs();
    this.#floats[this.#at + FLOAT_PARKED_SINCE] = since;
    Atomics.wait(this.#words, word, value, timeoutMs);
    const parked = this.#floats[this.#at + FLOAT_PARKED] ?? 0;
    // In this order: whoever looks in between sees too little processor time, never too much.
    this.#floats[this.#at + FLOAT_PARKED] = parked + monotonicMs() - since;
    this.#floats[this.#at + FLOAT_PARKED_SINCE] = 0;
  }
}

import { PAGE_BYTES } from "../wasm/module-info.js";
import type { MemoryPlan } from "./memory-plan.js";

/** Larger memories are made fresh: zeroing 2 MiB takes about as long as mapping a new one. */
const MAX_POOLED_PAGES = 32;
/** Memories kept per worker, which runs one guest at a time; each takes 8 to 10 GiB of addresses. */
const MAX_POOLED = 8;

/**
 * Zeroed linear memories for the next guest. Mapping a memory costs 20 µs and its collection hiccups of
 * a millisecond; zeroing 128 KiB takes 3 µs.
 */
export class MemoryPool {
  readonly #free = new Map<number, WebAssembly.Memory>();
  readonly #used = new Map<number, WebAssembly.Memory>();

  /** Throws a RangeError when the host has no memory left. */
  take(plan: MemoryPlan): WebAssembly.Memory {
    const { initial, maximum } = plan;
    if (plan.shared || plan.address64) return createMemory(plan);
    const key = keyOf(initial, maximum);
    const pooled = this.#free.get(key);
    if (pooled === undefined) return createMemory(plan);
    this.#free.delete(key);
    return pooled;
  }

  /**
   * Takes a memory back, unless it has grown, is large or of a rare kind; `zero` must follow before the
   * next guest.
   */
  release(memory: WebAssembly.Memory, { initial, maximum, shared, address64 }: MemoryPlan): void {
    if (shared || address64) return;
    if (initial > MAX_POOLED_PAGES || memory.buffer.byteLength !== initial * PAGE_BYTES) return;
    const key = keyOf(initial, maximum);
    if (!this.#free.has(key)) this.#used.set(key, memory);
  }

  /** Zeroes, in full, what was taken back. */
  zero(): void {
    for (const [key, memory] of this.#used) {
      new Uint8Array(memory.buffer).fill(0);
      this.#free.set(key, memory);
    }
    this.#used.clear();
    for (const oldest of this.#free.keys()) {
      if (this.#free.size <= MAX_POOLED) break;
      this.#free.delete(oldest);
    }
  }
}

function createMemory({ initial, maximum, shared, address64 }: MemoryPlan): WebAssembly.Memory {
  if (!address64) return new WebAssembly.Memory({ initial, maximum, shared });
  return new WebAssembly.Memory({
    initial: BigInt(initial),
    maximum: BigInt(maximum),
    shared,
    address: "i64",
  });
}

/** Both are at most 65,536. */
function keyOf(initial: number, maximum: number): number {
  return initial * 2 ** 17 + maximum;
}

/**
 * A guest's linear memory as host functions see it. Every address and length that a guest gives is an
 * unsigned 32-bit number (`>>> 0`) and goes through {@link GuestMemory.holds} before anything is touched;
 * after that `bytes` and `view` may be used directly, until control goes back to the guest.
 */
import type { ContextUsage } from "./context-spec.js";

const EMPTY = new Uint8Array(0);

export class GuestMemory {
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  #memory: WebAssembly.Memory | undefined;
  #usage: ContextUsage | undefined;

  /** `usage` is told when the memory is seen at another size. */
  attach(memory: WebAssembly.Memory | undefined, usage?: ContextUsage): void {
    this.#memory = memory;
    this.#usage = usage;
    this.#refresh();
  }

  /**
   * Whether `[address, address + length)` lies in the memory. A memory that has grown left the old views
   * with length 0, so a failing check looks at the memory again before it says no. So does one of no bytes
   * at address 0, for which an old view would be long enough, and still throw when it is used.
   */
  holds(address: number, length: number): boolean {
    const end = address + length;
    if (end <= this.bytes.length && end > 0) return true;
    this.#refresh();
    return end <= this.bytes.length;
  }

  #refresh(): void {
    const buffer = this.#memory?.buffer ?? EMPTY.buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.#usage?.memoryChanged?.();
  }

  /** Writes a whole number of at most 53 bits as a u64. */
  setU64(address: number, value: number): void {
    this.view.setUint32(address, value >>> 0, true);
    this.view.setUint32(address + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

/** Descriptor numbers of one process, given out lowest first as POSIX has it. */
import { EMFILE } from "../../fs/errno.js";
import type { Descriptor } from "./descriptor.js";

export class DescriptorTable {
  readonly #slots: (Descriptor | undefined)[] = [];
  readonly #capacity: number;
  /** No number below this one is free. */
  #lowest = 0;
  /** Numbers of streams that the process is denied, and their names: in use, but nothing is there. */
  #withheld: Map<number, string> | undefined;

  /** `capacity`: descriptors at once; numbers stay below it. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(fd: number): Descriptor | undefined {
    return fd < this.#slots.length ? this.#slots[fd] : undefined;
  }

  /** The number that the next `add` would give, or -EMFILE. */
  next(): number {
    const slots = this.#slots;
    let fd = this.#lowest;
    while (fd < slots.length && (slots[fd] !== undefined || this.withheld(fd) !== undefined)) fd++;
    this.#lowest = fd;
    return fd < this.#capacity ? fd : -EMFILE;
  }

  /** The new number, or -EMFILE: the descriptor stays the caller's then. */
  add(descriptor: Descriptor): number {
    const fd = this.next();
    if (fd < 0) return fd;
    this.#slots[fd] = descriptor;
    this.#lowest = fd + 1;
    return fd;
  }

  /** Takes a descriptor out without closing it. */
  take(fd: number): Descriptor | undefined {
    const descriptor = this.get(fd);
    if (descriptor === undefined) return undefined;
    this.#slots[fd] = undefined;
    if (fd < this.#lowest) this.#lowest = fd;
    return descriptor;
  }

  /** Puts a descriptor at a number that is in use; what was there stays the caller's. */
  replace(fd: number, descriptor: Descriptor): void {
    this.#slots[fd] = descriptor;
  }

  /** Takes away what `stream` says is a stream's, by name; no file ever gets its number. */
  withhold(stream: (descriptor: Descriptor) => string | undefined): void {
    for (const [fd, descriptor] of this.#slots.entries()) {
      const name = descriptor === undefined ? undefined : stream(descriptor);
      if (name === undefined) continue;
      this.#withheld ??= new Map();
      this.#withheld.set(fd, name);
      this.#slots[fd] = undefined;
    }
  }

  /** The name of the stream that the process is denied under this number. */
  withheld(fd: number): string | undefined {
    return this.#withheld?.get(fd);
  }

  closeAll(): void {
    for (const descriptor of this.#slots) descriptor?.close();
    this.#slots.length = 0;
    this.#lowest = 0;
    this.#withheld = undefined;
  }
}

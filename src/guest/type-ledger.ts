import { hash, randomBytes } from "node:crypto";
import type { TypeSection } from "../wasm/type-section.js";

/**
 * Types that all modules of the process may have together, each counted once. V8 never forgets a type,
 * and from Node 24 on ends the process at the millionth; half is left to the app's own modules.
 */
export const MAX_PROCESS_TYPES = 500_000;

/** Twice as many places as types, of 4 bytes each; what is not touched takes no memory. */
const PLACES = 2 ** 20;
const COUNT = 0;
/** A key of 16 bytes, so that no guest can make types that look the same. */
const KEY = 4;
const FIRST_PLACE = 8;
const KEY_BYTES = 16;
const INDEX_BYTES = 4;

let ofProcess: Int32Array | undefined;

/** The memory of the process's ledger, for its workers. */
export function processTypes(): Int32Array {
  return (ofProcess ??= createTypeBoard());
}

export function createTypeBoard(): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer((FIRST_PLACE + PLACES) * 4));
  new Uint8Array(words.buffer, KEY * 4, KEY_BYTES).set(randomBytes(KEY_BYTES));
  return words;
}

/** Counts the types that V8 is given in this process: a set of hashes that all workers share. */
export class TypeLedger {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Different types so far. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  /**
   * Takes a module's types in. False if they would be too many, and then none is taken in: those that
   * were counted but never compiled would be free later.
   */
  admit(bytes: Uint8Array, types: TypeSection): boolean {
    const { groups } = types;
    const prints = this.#fingerprints(bytes, types);
    let added = 0;
    prints.forEach((print, index) => {
      if (!this.#has(print)) added += groups[index]?.count ?? 0;
    });
    if (added === 0) return true;
    if (Atomics.add(this.#words, COUNT, added) + added > MAX_PROCESS_TYPES) {
      Atomics.sub(this.#words, COUNT, added);
      return false;
    }
    for (const print of prints) this.#insert(print);
    return true;
  }

  /**
   * A type that refers to others is told from the same bytes elsewhere by its whole section: counted
   * too often rather than too seldom.
   */
  #fingerprints(bytes: Uint8Array, { groups }: TypeSection): Buffer[] {
    const key = Buffer.from(new Uint8Array(this.#words.buffer, KEY * 4, KEY_BYTES));
    let whole: Buffer | undefined;
    return groups.map(({ start, end, plain }, index) => {
      if (plain) return sha256(Buffer.concat([key, bytes.subarray(start, end)]));
      const last = groups.at(-1);
      whole ??= sha256(Buffer.concat([key, bytes.subarray(groups[0]?.start, last?.end)]));
      const number = Buffer.alloc(INDEX_BYTES);
      number.writeUInt32LE(index);
      return sha256(Buffer.concat([whole, number]));
    });
  }

  #has(print: Buffer): boolean {
    const mark = markOf(print);
    for (let place = placeOf(print); ; place = (place + 1) % PLACES) {
      const seen = Atomics.load(this.#words, FIRST_PLACE + place);
      if (seen === mark) return true;
      if (seen === 0) return false;
    }
  }

  #insert(print: Buffer): void {
    const mark = markOf(print);
    for (let place = placeOf(print); ; place = (place + 1) % PLACES) {
      const seen = Atomics.compareExchange(this.#words, FIRST_PLACE + place, 0, mark);
      if (seen === 0 || seen === mark) return;
    }
  }
}

function sha256(bytes: Buffer): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** Any number but 0, which marks an empty place. */
function markOf(print: Buffer): number {
  return print.readInt32LE(0) || 1;
}

function placeOf(print: Buffer): number {
  return print.readUInt32LE(4) % PLACES;
}

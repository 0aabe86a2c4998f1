/** The randomness that a process is granted. */
import { createHash, randomFillSync } from "node:crypto";
import type { RandomSpec } from "./context-spec.js";

export interface RandomSource {
  fill(dst: Uint8Array, offset: number, length: number): void;
}

/** Undefined: it is denied. */
export function createRandom(spec: RandomSpec): RandomSource | undefined {
  if (spec.kind === "denied") return undefined;
  return spec.kind === "secure" ? SECURE_RANDOM : new SeededRandom(spec.seed);
}

/** Bytes drawn ahead: a call of the CSPRNG costs a microsecond whatever its length. */
const POOL_BYTES = 4096;
/** Longer requests go past the pool. */
const MAX_POOLED_BYTES = 256;
/** One request of the CSPRNG; longer ones are served in pieces of it. */
const CHUNK_BYTES = 65_536;

class SecureRandom implements RandomSource {
  readonly #pool = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  fill(dst: Uint8Array, offset: number, length: number): void {
    if (length > MAX_POOLED_BYTES) {
      const end = offset + length;
      for (let at = offset; at < end; at += CHUNK_BYTES) {
        // A view for each piece: the call takes no offsets past 2 GiB.
        randomFillSync(dst.subarray(at, Math.min(at + CHUNK_BYTES, end)));
      }
      return;
    }
    if (this.#used + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const end = this.#used + length;
    for (let from = this.#used, to = offset; from < end; from++, to++) {
      dst[to] = this.#pool[from] ?? 0;
      // What one guest has drawn must not lie about in the worker that runs the next one.
      this.#pool[from] = 0;
    }
    this.#used = end;
  }
}

const SECURE_RANDOM = new SecureRandom();

/**
 * A reproducible stream: xoshiro128** whose state is the first 16 bytes of SHA-256 of the seed, read as
 * four little-endian words; each output word gives four bytes, lowest first. The stream does not depend
 * on how a guest cuts its requests.
 */
class SeededRandom implements RandomSource {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #word = 0;
  #left = 0;

  constructor(seed: string) {
    const hash = createHash("sha256").update(seed, "utf8").digest();
    this.#a = hash.readInt32LE(0);
    this.#b = hash.readInt32LE(4);
    this.#c = hash.readInt32LE(8);
    this.#d = hash.readInt32LE(12);
  }

  fill(dst: Uint8Array, offset: number, length: number): void {
    for (let at = offset; at < offset + length; at++) {
      if (this.#left === 0) {
        this.#word = this.#next();
        this.#left = 4;
      }
      dst[at] = this.#word & 0xff;
      this.#word >>>= 8;
      this.#left--;
    }
  }

  #next(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result >>> 0;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/**
 * wasi:random, all three interfaces of it: what is called insecure is as good as what is not. None of its
 * functions can fail, so a call without the grant ends the guest: a program that asked for secrets must not
 * go on with what anybody can guess.
 */
import { EPERM } from "../../../fs/errno.js";
import { USED_RANDOM } from "../../../fs/policy-board.js";
import type { RandomSource } from "../../random.js";
import type { Host } from "../host.js";
import { MAX_RANDOM_BYTES } from "../limits.js";
import { lower, type Lowering } from "../lowering.js";
import type { Process } from "../process.js";
import { toLength } from "../to-length.js";

/** Of the seed, in bytes. */
const SEED_BYTES = 16;

const WORDS = new BigUint64Array(1);
const WORD_BYTES = new Uint8Array(WORDS.buffer);

export function randomInterfaces(host: Host) {
  function source(call: string): RandomSource {
    return sourceOf(host.enter(), call);
  }

  function sourceOf(process: Process, call: string): RandomSource {
    const { random } = process.context;
    if (random === undefined) {
      process.deny("random", call, EPERM);
      return host.trap(`${call}: no grant for random`);
    }
    process.use(USED_RANDOM);
    return random;
  }

  function checkLength(length: bigint): number {
    const bytes = toLength(length, MAX_RANDOM_BYTES + 1);
    return bytes > MAX_RANDOM_BYTES
      ? host.trap(`a request of more than ${MAX_RANDOM_BYTES} random bytes`)
      : bytes;
  }

  function bytesFunction(call: string): (length: bigint) => Uint8Array {
    const get = (length: bigint): Uint8Array => {
      const random = source(call);
      const bytes = new Uint8Array(checkLength(length));
      draw(random, bytes, 0, bytes.length);
      return bytes;
    };
    lower(host, get, [], (lowering: Lowering) => (length: bigint, out: number): void => {
      const random = source(call);
      const bytes = checkLength(length);
      const at = lowering.at(out, 8, 4);
      const address = lowering.allocate(bytes, 1);
      const { memory } = lowering;
      draw(random, memory.bytes, address, bytes);
      memory.view.setUint32(at, address, true);
      memory.view.setUint32(at + 4, bytes, true);
    });
    return get;
  }

  function word(call: string): bigint {
    draw(source(call), WORD_BYTES, 0, 8);
    return WORDS[0] ?? 0n;
  }

  function wordFunction(call: string): () => bigint {
    const get = (): bigint => word(call);
    lower(host, get, [], () => get);
    return get;
  }

  /** Drawn once: whoever of a program asks for its seed gets the same. */
  function seed(): Uint8Array {
    const process = host.enter();
    const random = sourceOf(process, "insecure-seed");
    if (process.seed === undefined) {
      process.seed = new Uint8Array(SEED_BYTES);
      draw(random, process.seed, 0, SEED_BYTES);
    }
    return process.seed;
  }

  const insecureSeed = (): [bigint, bigint] => {
    const [low = 0n, high = 0n] = new BigUint64Array(seed().buffer);
    return [low, high];
  };
  lower(host, insecureSeed, [], (lowering) => (out: number): void => {
    const bytes = seed();
    const at = lowering.at(out, SEED_BYTES, 8);
    lowering.memory.bytes.set(bytes, at);
  });

  return {
    random: {
      getRandomBytes: bytesFunction("get-random-bytes"),
      getRandomU64: wordFunction("get-random-u64"),
    },
    insecure: {
      getInsecureRandomBytes: bytesFunction("get-insecure-random-bytes"),
      getInsecureRandomU64: wordFunction("get-insecure-random-u64"),
    },
    insecureSeed: { insecureSeed },
  };
}

function draw(random: RandomSource, into: Uint8Array, at: number, count: number): void {
  random.fill(into, at, count);
}

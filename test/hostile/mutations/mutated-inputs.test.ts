/**
 * 100,000 mutated manifests, indexes, configs and tars. Each ends in a result or a `SafedockError`, soon and
 * with little memory, and no prototype is changed. `MUTATION_SEED=17` runs the one of that number alone.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { isSafedockError } from "../../../src/base/errors.js";
import { seededNumbers } from "../seeded-numbers.js";
import { readers, type Kind } from "./read-input.js";

const RUNS_OF_EACH_KIND = 25_000;
/** Longest that one input may take, in ms of the processor. */
const LONGEST_CPU_MS = 1_000;
/** What never ends is given up after so long, in ms: a busy machine must not look like it. */
const HANGS_MS = 20_000;
/** What the heap may have grown by after all inputs of a kind, in bytes. */
const KEPT_BYTES = 24 * 2 ** 20;
/** What the process may have grown by meanwhile, in bytes. */
const GROWN_BYTES = 400 * 2 ** 20;

const known: Readonly<Record<Kind, readonly number[]>> = JSON.parse(
  readFileSync(new URL("../corpus/seeds.json", import.meta.url), "utf8"),
);
const only = process.env["MUTATION_SEED"];

const GLOBALS = [Object, Array, Function, Map, Set, Promise, String, Number, Uint8Array, Error];

for (const kind of ["manifest", "index", "config", "tar"] as const) {
  test(
    `25,000 mutated inputs (${kind}): no crash, no hang, no unbounded memory, no prototype pollution`,
    { timeout: 300_000 },
    async () => {
      const prototypes = prototypesNow();
      const outcomes = new Map<string, number>();
      const seeds =
        only === undefined
          ? [...known[kind], ...Array.from({ length: RUNS_OF_EACH_KIND }, (_, i) => i)]
          : [Number(only)];
      await readAll(kind, seeds.slice(0, 500), outcomes);
      const heapBefore = heapNow();
      const sizeBefore = process.memoryUsage.rss();
      await readAll(kind, seeds.slice(500), outcomes);
      expect(process.memoryUsage.rss() - sizeBefore).toBeLessThan(GROWN_BYTES);
      expect(heapNow() - heapBefore).toBeLessThan(KEPT_BYTES);
      expect(prototypesNow()).toEqual(prototypes);
      if (only !== undefined) return;
      // Both ends must be reached, or the mutations prove nothing.
      expect(outcomes.get("read") ?? 0).toBeGreaterThan(RUNS_OF_EACH_KIND / 50);
      expect(outcomes.get("read") ?? 0).toBeLessThan(RUNS_OF_EACH_KIND * 0.9);
    },
  );
}

async function readAll(
  kind: Kind,
  seeds: readonly number[],
  outcomes: Map<string, number>,
): Promise<void> {
  for (const seed of seeds) {
    const outcome = await readOne(kind, seed);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}

async function readOne(kind: Kind, seed: number): Promise<string> {
  const began = process.cpuUsage();
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), HANGS_MS);
  });
  try {
    // Most readers throw at once.
    const read = Promise.resolve().then(() => readers[kind](seededNumbers(seed)));
    await Promise.race([read, hang]);
    checkTime(kind, seed, began);
    return "read";
  } catch (error) {
    if (!isSafedockError(error)) throw new Error(`${kind} ${seed}`, { cause: error });
    checkTime(kind, seed, began);
    return error.code;
  } finally {
    clearTimeout(timer);
  }
}

function checkTime(kind: Kind, seed: number, began: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(began);
  const taken = (user + system) / 1000;
  if (taken > LONGEST_CPU_MS) throw new Error(`${kind} ${seed} took ${taken} ms`);
}

function prototypesNow(): unknown {
  const own = GLOBALS.map(({ name, prototype }) => [name, Reflect.ownKeys(prototype as object)]);
  return [...own, Reflect.ownKeys(Object)];
}

/** Bytes in use after everything unreachable is gone. */
function heapNow(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

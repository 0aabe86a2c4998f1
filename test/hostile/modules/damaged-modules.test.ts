/**
 * Real programs with bytes changed, cut and repeated, from the conformance guests and from those that attack:
 * each ends as a guest's own fault, or is refused. Straight at the pool of workers, to try more of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { isSafedockError } from "../../../dist/base/errors.js";
import { GuestPool } from "../../../dist/guest/pool.js";
import { guestSpec } from "../../guest/fixture.js";
import { type Numbers, pick, seededNumbers } from "../seeded-numbers.js";

/**
 * Modules tried with each seed: what fits into some seconds on a busy machine. More, and other seeds, by
 * SAFEDOCK_DAMAGED_MODULES and SAFEDOCK_SEED.
 */
const TRIALS = Number(process.env["SAFEDOCK_DAMAGED_MODULES"] ?? 1_000);
const SEED = Number(process.env["SAFEDOCK_SEED"] ?? 1);
const IN_FLIGHT = 8;
/** Of a program that loops, in ms. */
const TIMEOUT_MS = 40;
/** A larger original makes each trial slower, and no richer. */
const MAX_ORIGINAL_BYTES = 60_000;

const ENDS = new Set([
  ...["exited", "trapped", "timeout", "limit"],
  ...["ERR_MODULE_INVALID", "ERR_IMPORT_UNKNOWN", "ERR_COMPONENT_UNSUPPORTED"],
]);

const guests = fileURLToPath(new URL("../../guests/", import.meta.url));
const originals = ["c", "rust", "hostile/modules", "hostile/calls"].flatMap((folder) =>
  readdirSync(join(guests, folder))
    .filter((name) => name.endsWith(".wasm"))
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(guests, folder, name))))
    .filter((bytes) => bytes.length <= MAX_ORIGINAL_BYTES),
);

const pool = new GuestPool({ workers: 2 });

afterAll(() => pool.close());

function damage(original: Uint8Array, random: Numbers): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let left = 1 + random(3); left > 0 && bytes.length > 0; left--) {
    const at = random(bytes.length);
    switch (random(6)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(random(at + 1))]);
        break;
      case 2:
        bytes[at] = random(256);
        break;
      case 3:
        bytes[random(Math.min(400, bytes.length))] = pick([0, 1, 0x7f, 0x80, 0xff, 0x40], random);
        break;
      default: {
        // Most of a module is code; what comes before it is where a loader goes wrong.
        const where = random(2) === 0 ? at : random(Math.min(400, bytes.length));
        bytes[where] = (bytes[where] ?? 0) ^ (1 << random(8));
      }
    }
  }
  return bytes;
}

test(`${TRIALS} damaged modules of seed ${SEED}`, { timeout: 600_000 }, async () => {
  const random = seededNumbers(SEED);
  const ends = new Map<string, number>();
  const before = Object.getOwnPropertyNames(Object.prototype);
  let number = 0;
  const tryOne = async (): Promise<void> => {
    const trial = ++number;
    const end = await endOf(damage(pick(originals, random), random), trial);
    expect({ trial, end: ENDS.has(end) ? "as it should" : end }).toEqual({
      trial,
      end: "as it should",
    });
    ends.set(end, (ends.get(end) ?? 0) + 1);
  };
  for (let done = 0; done < TRIALS; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, tryOne));
  }
  expect([...ends.keys()]).toEqual(
    expect.arrayContaining(["exited", "trapped", "timeout", "ERR_MODULE_INVALID"]),
  );
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(pool.inFlight).toBe(0);
});

async function endOf(bytes: Uint8Array, trial: number): Promise<string> {
  try {
    const module = await pool.compile({ bytes, key: `trial:${trial}`, name: "damaged.wasm" });
    const spec = guestSpec({
      args: ["damaged", "1", "50"],
      mounts: [{ type: "memory", target: "/", maxBytes: 2 ** 20, maxFiles: 100 }],
      memoryBytes: 2 ** 23,
      timeoutMs: TIMEOUT_MS,
    });
    return (await pool.start(spec, module, { collect: true }).wait()).reason;
  } catch (error) {
    if (!isSafedockError(error)) throw error;
    return error.code;
  }
}

/** Real programs with bytes changed, cut and repeated: each ends as a guest's own fault, or is refused. */
import { readdir, readFile } from "node:fs/promises";
import { isSafedockError, type Engine } from "safedock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guestPath } from "../../engine/guests.js";
import { seededNumbers } from "../seeded-numbers.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

/** Modules tried: what fits into a few seconds. */
const TRIALS = 400;
const SEED = 1;
const IN_FLIGHT = 4;

const ENDS = new Set([
  ...["exited", "trapped", "timeout", "limit"],
  ...["ERR_SOURCE_UNSUPPORTED", "ERR_MODULE_INVALID", "ERR_IMPORT_UNKNOWN"],
  "ERR_COMPONENT_UNSUPPORTED",
]);

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
});

afterAll(() => fixture.close());

function flip(bytes: Uint8Array, at: number, bit: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
}

function damage(original: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let left = 1 + random(3); left > 0; left--) {
    const at = random(bytes.length);
    switch (random(5)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(random(at + 1))]);
        break;
      case 2:
        bytes[at] = random(256);
        break;
      default:
        // Most of a module is code; what comes before it is where a loader goes wrong.
        flip(bytes, random(2) === 0 ? at : random(Math.min(400, bytes.length)), random(8));
    }
    if (bytes.length === 0) break;
  }
  return bytes;
}

test(`${TRIALS} damaged modules`, { timeout: 60_000 }, async () => {
  const folder = guestPath("hello").replace(/[^/]*$/, "");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wasm"));
  const originals = await Promise.all(names.map((name) => readFile(`${folder}/${name}`)));
  const random = seededNumbers(SEED);
  const ends = new Map<string, number>();
  const tryOne = async (): Promise<void> => {
    const original = originals[random(originals.length)] ?? new Uint8Array();
    const bytes = damage(original, random);
    const end = await endOf(bytes);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  };
  for (let done = 0; done < TRIALS; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, tryOne));
  }
  expect([...ends.keys()].filter((end) => !ENDS.has(end))).toEqual([]);
  expect([...ends.keys()]).toEqual(
    expect.arrayContaining(["exited", "trapped", "timeout", "ERR_MODULE_INVALID"]),
  );
  expect(engine.inspect().processes).toBe(0);
});

async function endOf(bytes: Uint8Array): Promise<string> {
  try {
    const image = await engine.loadImage(bytes);
    const limits = { timeoutMs: 60, memoryBytes: 2 ** 23, stdoutBytes: 1000 };
    return (await engine.run(image, { limits })).reason;
  } catch (error) {
    if (!isSafedockError(error)) throw error;
    return error.code;
  }
}

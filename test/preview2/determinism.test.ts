/** Under the frozen clock and a seed a component does the same again, host call by host call. */
import { join } from "node:path";
import type { Grants, Image } from "safedock";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { GUESTS } from "./component-case.js";

const SEEDED: Grants = { random: { seed: 42 }, clock: { startMs: Date.UTC(2030, 0, 1) } };

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  image = await fixture.engine.loadImage(join(GUESTS, "repeatable.wasm"));
});

afterAll(() => fixture.close());

async function run(grants: Grants) {
  const { code, stdout, usage } = await fixture.engine.run(image, { grants });
  const { hostCalls, readBytes, writtenBytes } = usage;
  return { code, lines: stdout.toString().split("\n"), hostCalls, readBytes, writtenBytes };
}

it("two runs are the same: what they print, and how many calls they make", async () => {
  const [one, ...others] = await Promise.all(Array.from({ length: 6 }, () => run(SEEDED)));
  expect(one?.code).toBe(0);
  expect(one?.hostCalls).toBeGreaterThan(500);
  for (const other of others) expect(other).toEqual(one);
});

it("another seed changes random alone, another time clocks and files", async () => {
  const [random, clocks, files] = (await run(SEEDED)).lines;
  const seed = (await run({ ...SEEDED, random: { seed: 43 } })).lines;
  expect(seed[0]).not.toBe(random);
  expect(seed.slice(1, 3)).toEqual([clocks, files]);
  const later = (await run({ ...SEEDED, clock: { startMs: Date.UTC(2031, 0, 1) } })).lines;
  expect(later[0]).toBe(random);
  expect(later[1]).not.toBe(clocks);
  expect(later[2]).not.toBe(files);
});

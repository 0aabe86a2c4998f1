/** A guest that calls every host function with random numbers, over memory, a host directory and an image. */
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, RunOptions } from "safedock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "../modules/hostile-guest.js";

/** Runs, each with a seed of its own: what fits into some seconds. */
const RUNS = 120;
/** The first seed; a failure says which one it was. */
const FIRST_SEED = 1;
const CALLS = 1_500;
const IN_FLIGHT = 4;
/** More than one run or two may leave behind; a leak for each run would be a hundred times that. */
const MAX_GROWTH_BYTES = 150e6;

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  engine = fixture.engine;
});

afterAll(() => fixture.close());

/** A folder with a mount in it, and things beside it that a guest must not reach. */
async function makeHost(name: string): Promise<{ outside: string; mount: string }> {
  const outside = join(fixture.folder, name);
  const mount = join(outside, "mount");
  await mkdir(join(mount, "a"), { recursive: true });
  await mkdir(join(outside, "x"));
  await writeFile(join(outside, "secret"), "secret");
  await writeFile(join(mount, "b"), "0123456789");
  await symlink("a", join(mount, "l"));
  return { outside, mount };
}

/** Everything beside the mount, with its bytes. */
async function beside(outside: string): Promise<unknown[]> {
  const names = (await readdir(outside)).filter((name) => name !== "mount").sort();
  return Promise.all(
    names.map(async (name) =>
      name === "secret"
        ? [name, await readFile(join(outside, name), "utf8")]
        : [name, await readdir(join(outside, name))],
    ),
  );
}

function optionsOf(seed: number, mount: string): RunOptions {
  const over = seed % 3;
  const fs = [
    { type: "memory", target: "/", maxBytes: 2 ** 20, maxFiles: 50 },
    { source: mount, target: "/", access: "read-write", maxBytes: 2 ** 20, maxFiles: 50 },
    { source: mount, target: "/data", access: seed % 2 === 0 ? "create-only" : "read-only" },
  ] as const;
  const chosen = fs[over];
  return {
    args: [String(seed), String(CALLS)],
    stdin: "some input",
    grants: {
      env: { NAME: "value" },
      clock: "frozen",
      random: { seed: String(seed) },
      fs: chosen === undefined ? [] : [chosen],
    },
    limits: {
      timeoutMs: 20_000,
      memoryBytes: 2 ** 21,
      stdoutBytes: 10_000,
      stderrBytes: 10_000,
      writableBytes: 2 ** 20,
      writableFiles: 50,
      openFiles: 32,
    },
  };
}

test(`${RUNS} runs of ${CALLS} random calls`, { timeout: 120_000 }, async () => {
  const image = await engine.loadImage(hostileGuest("calls/random-calls"));
  const hosts = await Promise.all(
    Array.from({ length: IN_FLIGHT }, (_, at) => makeHost(`host-${at}`)),
  );
  const first = await Promise.all(hosts.map(({ outside }) => beside(outside)));
  const runFrom = async (lane: number, seeds: number): Promise<void> => {
    const mount = hosts[lane]?.mount ?? "";
    for (let at = lane; at < seeds; at += IN_FLIGHT) {
      const seed = FIRST_SEED + at;
      const { reason, code, detail } = await engine.run(image, optionsOf(seed, mount));
      // It may write over its own numbers, and trap; what it calls must never be at fault.
      expect({ seed, code, detail }).toEqual({
        seed,
        code: reason === "trapped" ? 134 : 0,
        detail: reason === "trapped" ? detail : undefined,
      });
      expect(["exited", "trapped"]).toContain(reason);
    }
  };
  const lanes = hosts.map((_, lane) => lane);
  await Promise.all(lanes.map((lane) => runFrom(lane, 5 * IN_FLIGHT)));
  const before = process.memoryUsage().rss;
  await Promise.all(lanes.map((lane) => runFrom(lane, RUNS)));
  expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH_BYTES);
  expect(await Promise.all(hosts.map(({ outside }) => beside(outside)))).toEqual(first);
  expect(engine.inspect().processes).toBe(0);
});

test("the same seed makes the same calls and gets the same answers", async () => {
  const image = await engine.loadImage(hostileGuest("calls/random-calls"));
  const ends = [];
  for (let times = 0; times < 2; times++) {
    const { stdout, stderr, code, usage } = await engine.run(image, optionsOf(3, ""));
    ends.push([stdout.toString("hex"), stderr.toString("hex"), code, usage.hostCalls]);
  }
  expect(ends[1]).toEqual(ends[0]);
});

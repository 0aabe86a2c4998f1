/** Every guest of the conformance tests, twice: with the same input it says the same and calls the same. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openEngine, type Engine, type FsGrant } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestCases, type GuestCase, type Over } from "../conformance/guest-case.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { Golden } from "./golden.js";
import { callText, fingerprint, firstDifference, observe, type Observed } from "./observed.js";

/** Longest run of one guest, in ms: the slowest takes a second when all is busy. */
const TIMEOUT_MS = 60_000;

const cases = guestCases();
const golden = new Golden("guests");
const ran = new Set<string>();
let first: TestEngine;
let second: Engine;
let roots = 0;

beforeAll(async () => {
  first = await openTestEngine({ workers: 1 });
  second = await openEngine({ root: join(first.folder, "second"), workers: 1 });
});

afterAll(async () => {
  golden.close();
  await second.close();
  await first.close();
});

describe.each(["host", "memory", "image"] as const)("over %s files", (over) => {
  it.each(cases.filter((guest) => guest.over.includes(over)))("$name", async (guest) => {
    // At the same time, on two engines.
    const [one, other] = await Promise.all([
      runGuest(first.engine, guest, over),
      runGuest(second, guest, over),
    ]);
    expect(firstDifference(one, other)).toBeUndefined();
    const name = `${guest.name} over ${over}`;
    ran.add(name);
    const seen = fingerprint(one);
    expect(seen).toBe(golden.expected(name, seen));
  });
});

it("keeps no fingerprint of a run that is none", () => {
  expect(golden.names()).toEqual([...ran].sort());
});

async function runGuest(engine: Engine, guest: GuestCase, over: Over): Promise<Observed> {
  const image = await engine.loadImage(guest.wasm);
  const trace: string[] = [];
  const result = await engine.run(image, {
    args: guest.args,
    stdin: guest.stdin,
    grants: { env: guest.env, random: { seed: "again" }, fs: rootOf(over) },
    limits: {
      timeoutMs: TIMEOUT_MS,
      ...(guest.memoryMib === undefined ? undefined : { memoryBytes: guest.memoryMib * 2 ** 20 }),
    },
    onHostCall: (call) => trace.push(callText(call)),
  });
  return observe(result, trace);
}

/** A fresh root for one run; the image's own root needs no grant. */
function rootOf(over: Over): FsGrant[] {
  if (over === "image") return [];
  if (over === "memory") return [{ type: "memory", target: "/" }];
  const source = join(first.folder, `root-${roots++}`);
  mkdirSync(source);
  return [{ source, target: "/", access: "read-write" }];
}

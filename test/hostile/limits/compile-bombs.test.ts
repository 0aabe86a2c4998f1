/** Modules that are slow to compile hold up nobody: not the app, not other containers, not the engine's end. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { guestPath } from "../../engine/guests.js";
import { coreModule, leb, name, section } from "../../wasm/module-bytes.js";

let fixture: TestEngine;

beforeEach(async () => {
  fixture = await openTestEngine();
});

afterEach(() => fixture.close());

const MiB = 2 ** 20;

/** `count` functions with the same body; function 0 is `_start`. */
function repeated(count: number, body: Uint8Array): Buffer {
  const sized = Buffer.concat([Buffer.from(leb(body.length)), body]);
  const bodies = Buffer.alloc(count * sized.length, sized);
  const length = leb(count).length + bodies.length;
  const functions = Buffer.from([...leb(count), ...new Uint8Array(count)]);
  return Buffer.concat([
    coreModule(section(1, [0x60, 0, 0])),
    Buffer.from([3, ...leb(functions.length)]),
    functions,
    coreModule(section(7, [...name("_start"), 0, 0])).subarray(8),
    Buffer.from([10, ...leb(length), ...leb(count)]),
    bodies,
  ]);
}

const END = 0x0b;
const NOP = 0x01;

/** Blocks in blocks, each with a branch table over all that surround it. */
function branches(depth: number): Uint8Array {
  const bytes: number[] = [0];
  for (let level = 0; level < depth; level++) bytes.push(0x02, 0x40);
  for (let level = depth; level > 0; level--) {
    bytes.push(0x41, 0, 0x0e, ...leb(level - 1));
    for (let target = 0; target < level; target++) bytes.push(...leb(target));
    bytes.push(END);
  }
  return Uint8Array.from([...bytes, END]);
}

function nops(length: number): Uint8Array {
  const body = new Uint8Array(length).fill(NOP);
  body[0] = 0;
  body[length - 1] = END;
  return body;
}

const BOMBS: readonly (readonly [string, () => Buffer])[] = [
  ["200,000 functions", () => repeated(200_000, nops(60))],
  ["bodies of 7 MiB that do nothing", () => repeated(4, nops(7 * MiB))],
  ["branch tables in 1,000 blocks", () => repeated(8, branches(1000))],
];

test.each(BOMBS)("%s: others run meanwhile, and the app's thread is free", async (_, make) => {
  const { engine } = fixture;
  const hello = await engine.loadImage(guestPath("hello"));
  await engine.run(hello);
  const bomb = await engine.loadImage(make());
  const running = engine.run(bomb, { limits: { compileMs: 20_000, timeoutMs: 10_000 } });
  const progress = { done: false };
  const settled = running.catch((error: unknown) => error).finally(() => (progress.done = true));
  let others = 0;
  do {
    expect(await engine.run(hello)).toMatchObject({ code: 0 });
    others++;
  } while (!progress.done && others < 500);
  expect(others).toBeGreaterThan(2);
  expect(await settled).toMatchObject({ code: 0, reason: "exited" });
});

test("a deadline refuses it, and its worker is replaced", async () => {
  const { engine } = fixture;
  const bomb = await engine.loadImage(repeated(6, nops(7 * MiB)));
  const options = { limits: { compileMs: 1 } };
  await expect(engine.createContainer(bomb, options)).rejects.toMatchObject({
    code: "ERR_MODULE_COMPILE_TIMEOUT",
    data: { limit: 1 },
  });
  const hello = await engine.loadImage(guestPath("hello"));
  expect(await engine.run(hello)).toMatchObject({ code: 0 });
  expect(engine.inspect()).toMatchObject({ processes: 0, containers: [] });
});

test("an abort gives up, also while others wait for the same module", async () => {
  const { engine } = fixture;
  const bomb = await engine.loadImage(repeated(6, nops(7 * MiB)));
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  const first = engine.run(bomb, { signal: controller.signal });
  const second = engine.run(bomb);
  setTimeout(() => controller.abort(reason), 10);
  await expect(first).rejects.toBe(reason);
  expect(await second).toMatchObject({ code: 0 });
});

test("the engine closes in the middle of it", async () => {
  const { engine } = fixture;
  const bomb = await engine.loadImage(repeated(6, nops(7 * MiB)));
  const running = engine.run(bomb).catch((error: unknown) => error);
  await sleep(20);
  await engine.close();
  expect(await running).toMatchObject({ code: "ERR_ENGINE_CLOSED" });
});

test("a module over its size is refused before it is read", async () => {
  const { engine } = fixture;
  const large = await engine.loadImage(repeated(1, nops(MiB)));
  await expect(engine.run(large, { limits: { moduleBytes: MiB } })).rejects.toMatchObject({
    code: "ERR_MODULE_TOO_LARGE",
    data: { limit: MiB },
  });
});

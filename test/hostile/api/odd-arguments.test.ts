/** Arguments of `exec` that no type allows, or no machine should carry: one error, at once. */
import type { Container, Engine } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestPath } from "../../engine/guests.js";
import { rejectionOf } from "../../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { coreModule, name, section } from "../../wasm/module-bytes.js";

let fixture: TestEngine;
let engine: Engine;
let container: Container;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
  container = await engine.createContainer(await engine.loadImage(guestPath("hello")));
});

afterAll(() => fixture.close());

const odd: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["a string", "/hello.wasm"],
  ["numbers", [1, 2]],
  ["a NUL", ["/hello.wasm", "a\0b"]],
  ["one of 64 MiB", ["/hello.wasm", "x".repeat(2 ** 26)]],
  ["three million", Array.from({ length: 3_000_000 }, () => "")],
];

describe("exec with", () => {
  test.each(odd)("%s", async (_, args) => {
    const error = await rejectionOf(container.exec(args as string[]));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  });
});

test("ten thousand unknown imports make a message of one line's length", async () => {
  const imports = Array.from({ length: 10_000 }, (_, n) => [...name("m"), ...name(`f${n}`), 0, 0]);
  const module = coreModule(section(1, [0x60, 0, 0]), section(2, ...imports));
  const error = await rejectionOf(engine.run(await engine.loadImage(module)));
  expect(error).toMatchObject({ code: "ERR_IMPORT_UNKNOWN" });
  expect(error instanceof Error && error.message.length).toBeLessThan(500);
});

test("a grace without end is not one of a millisecond", async () => {
  await using reader = await engine.createContainer(await engine.loadImage(guestPath("cat")));
  await reader.start();
  expect(await reader.stop({ graceMs: Infinity })).toMatchObject({ reason: "exited", code: 0 });
});

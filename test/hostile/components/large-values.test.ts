/** Functions that are called with the largest values that memoryBytes allows, and with larger; and that answer such. */
import type { Container } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";

const MIB = 2 ** 20;
const MEMORY_BYTES = 64 * MIB;

const TYPES = {
  bytes: "(list u8)",
  text: "string",
  bools: "(list bool)",
  texts: "(list string)",
  lists: "(list (list u8))",
} as const;

const CANON = `(memory (core memory $core "mem")) (realloc (core func $core "realloc"))`;

/** `give-…` answers a value of so many elements, all of them zeroes; `take-…` the length of what it is given. */
const TEXT = `(component
  (core module $core
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.mul (memory.size) (i32.const 65536)))
      (if (i32.eq (i32.const -1) (memory.grow
          (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536))))
        (then unreachable))
      (local.get $at))
    (func (export "give") (param i32) (result i32)
      (block $full (loop $more
        (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
        (br $more)))
      (i32.store (i32.const 16) (i32.const 65536))
      (i32.store (i32.const 20) (local.get 0))
      (i32.const 16))
    (func (export "take") (param i32 i32) (result i32) (local.get 1)))
  (core instance $core (instantiate $core))
  ${Object.entries(TYPES)
    .map(
      ([name, type]) => `(func (export "give-${name}") (param "count" u32) (result ${type})
    (canon lift (core func $core "give") ${CANON}))
  (func (export "take-${name}") (param "value" ${type}) (result u32)
    (canon lift (core func $core "take") ${CANON}))`,
    )
    .join("\n")})`;

let runner: ComponentRunner;
let container: Container;

beforeAll(async () => {
  runner = await ComponentRunner.open();
  container = await runner.container(TEXT, { limits: { memoryBytes: MEMORY_BYTES } });
});
// Its memory is as large as it may be.
afterEach(() => container.kill());
afterAll(async () => {
  await container.remove({ force: true });
  await runner.expectSound();
  await runner.close();
});

const call = (name: string, ...args: unknown[]) => runner.callIn(container, name, ...args);

describe("a value as large as memoryBytes allows is given, a larger one is a trap:", () => {
  const most = MEMORY_BYTES - MIB;

  test("bytes", async () => {
    expect(await call("take-bytes", new Uint8Array(most))).toBe(most);
    expect(await call("take-bytes", new Uint8Array(MEMORY_BYTES))).toBe("trapped 134");
  });

  test("texts, of one byte for each unit and of two", async () => {
    expect(await call("take-text", "x".repeat(most))).toBe(most);
    await container.kill();
    expect(await call("take-text", "ß".repeat(most / 2))).toBe(most);
    expect(await call("take-text", "x".repeat(MEMORY_BYTES))).toBe("trapped 134");
  });

  test("as an answer", async () => {
    expect(((await call("give-bytes", most - MIB)) as Uint8Array).length).toBe(most - MIB);
    expect(((await call("give-text", most - MIB)) as string).length).toBe(most - MIB);
    expect(await call("give-bytes", MEMORY_BYTES)).toBe("trapped 134");
    expect(await call("give-text", MEMORY_BYTES)).toBe("trapped 134");
  });

  test("more bytes than a call takes", async () => {
    expect(await call("take-bytes", new Uint8Array(257 * MIB))).toBe("ERR_CALL_INVALID");
  });
});

// V8 would end the app's process, not the worker, where it has no room for one large array.
describe("an answer that takes more of the worker's heap than of the guest's memory", () => {
  test("is made of a million elements", async () => {
    expect(((await call("give-bools", MIB)) as unknown[]).length).toBe(MIB);
  });

  test("ends its instance, where it has no room", async () => {
    for (const [name, count] of [
      ["give-bools", 60 * MIB],
      ["give-texts", 7.5 * MIB],
      ["give-lists", 7.5 * MIB],
    ] as const) {
      const found = await call(name, count);
      expect(["trapped 134", "limit heap", count]).toContain(
        Array.isArray(found) ? found.length : found,
      );
    }
  });

  test("over and over, is no more than once", async () => {
    for (let round = 0; round < 3; round++) {
      expect(await call("give-bools", 60 * MIB)).toBe("trapped 134");
      expect(((await call("give-bools", 2 * MIB)) as unknown[]).length).toBe(2 * MIB);
    }
  });
});

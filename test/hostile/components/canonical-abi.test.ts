/** Components that break the canonical ABI: where values cross between them and the host. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ComponentRunner } from "./component-runner.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterEach(() => runner.expectSound());
afterAll(() => runner.close());

interface Abi {
  /** Type of the only parameter; none by default. */
  readonly param?: string;
  readonly result?: string;
  /** Definitions of types before. */
  readonly types?: string;
  /** What the function does: parameters are flat, a result of more than one value is an address. */
  readonly go: string;
  readonly flat?: string;
  readonly realloc?: string;
  readonly post?: string;
  readonly data?: string;
  readonly encoding?: string;
}

/** A component with one function, `go`. */
function abi(parts: Abi): string {
  const { param, result = "string", types = "", go, flat = "", data = "", post = "" } = parts;
  const { realloc = "(i32.const 1024)", encoding = "utf8" } = parts;
  const postReturn = post === "" ? "" : `(post-return (core func $core "post"))`;
  const canon = `(memory (core memory $core "mem")) (realloc (core func $core "realloc"))
    string-encoding=${encoding} ${postReturn}`;
  return `(component ${types}
  (core module $core
    (memory (export "mem") 1)
    (global $calls (mut i32) (i32.const 0))
    ${data}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${realloc})
    (func (export "post") (param i32) ${post})
    (func (export "go") ${flat} (result i32) ${go}))
  (core instance $core (instantiate $core))
  (func (export "go") ${param === undefined ? "" : `(param "v" ${param})`} (result ${result})
    (canon lift (core func $core "go") ${canon})))`;
}

const call = (parts: Abi, ...args: unknown[]) =>
  runner.call(abi(parts), { limits: { timeoutMs: 5_000 } }, ...args);

/** An address and a length at 16, which the function answers. */
const pair = (address: number, length: number): string =>
  `(i32.store (i32.const 16) (i32.const ${address}))
   (i32.store (i32.const 20) (i32.const ${length})) (i32.const 16)`;

describe("realloc", () => {
  const text: Abi = { param: "string", flat: "(param i32 i32)", go: pair(0, 0) };
  const list: Abi = { ...text, param: "(list u32)" };

  test.each([
    ["out of the memory", "(i32.const 0x7ffffff0)"],
    ["negative", "(i32.const -8)"],
    ["at the last byte", "(i32.const 65535)"],
  ])("that answers an address %s is a trap", async (_, realloc) => {
    expect(await call({ ...text, realloc }, "twenty characters at least")).toBe("trapped 134");
    expect(await call({ ...list, realloc }, [1, 2, 3])).toBe("trapped 134");
  });

  test("that answers an address that is not aligned writes inside of the guest, or is a trap", async () => {
    expect(["", "trapped 134"]).toContain(
      await call({ ...list, realloc: "(i32.const 1)" }, [1, 2]),
    );
  });

  test("that traps, or never ends, is its instance's fault", async () => {
    expect(await call({ ...text, realloc: "unreachable" }, "text")).toBe("trapped 134");
    const loops = { ...text, realloc: "(loop $l (br $l)) (i32.const 0)" };
    expect(await runner.call(abi(loops), { limits: { timeoutMs: 300 } }, "text")).toBe(
      "timeout timeoutMs",
    );
  });

  test("that grows the memory under what is written is followed", async () => {
    const realloc = "(drop (memory.grow (i32.const 1))) (i32.const 1024)";
    const echo =
      "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)";
    expect(await call({ ...text, realloc, go: echo }, "grüße")).toBe("grüße");
  });
});

describe("post-return", () => {
  test("that traps, or never ends, ends the call", async () => {
    expect(await call({ go: pair(0, 0), post: "unreachable" })).toBe("trapped 134");
    const loops = abi({ go: pair(0, 0), post: "(loop $l (br $l))" });
    expect(await runner.call(loops, { limits: { timeoutMs: 300 } })).toBe("timeout timeoutMs");
  });
});

describe("a result", () => {
  test.each<[string, Abi]>([
    ["text out of the memory", { go: pair(0x10000, 1) }],
    ["text of 2^31 bytes", { go: pair(0, 0x80000000) }],
    ["text of 2^32-1 bytes", { go: pair(8, 0xffffffff) }],
    ["text in UTF-16 of 2^31 units", { go: pair(0, 0x80000000), encoding: "utf16" }],
    [
      "text that is not UTF-8",
      { go: pair(64, 2), data: String.raw`(data (i32.const 64) "\ff\fe")` },
    ],
    [
      "text with half of a character",
      { go: pair(64, 2), data: String.raw`(data (i32.const 64) "\ed\a0")` },
    ],
    ["bytes out of the memory", { result: "(list u8)", go: pair(0xffff, 2) }],
    ["2^31 bytes", { result: "(list u8)", go: pair(0, 0x80000000) }],
    ["2^31 numbers", { result: "(list u64)", go: pair(0, 0x80000000) }],
    ["numbers at an odd address", { result: "(list u32)", go: pair(1, 4) }],
    ["2^31 texts", { result: "(list string)", go: pair(0, 0x80000000) }],
    ["2^32-1 truth values", { result: "(list bool)", go: pair(0, 0xffffffff) }],
    ["a result behind the memory", { go: "(i32.const 65533)" }],
    ["a result at a negative address", { go: "(i32.const -16)" }],
    ["a character that is none", { result: "char", go: "(i32.const 0x110000)" }],
    ["half of a character", { result: "char", go: "(i32.const 0xd800)" }],
    ["a case that there is not, of an enum", enumOf("(i32.const 3)")],
    ["a case that there is not, of an enum, with the sign", enumOf("(i32.const -1)")],
    [
      "a case that there is not, of a variant",
      {
        ...imported('variant (case "a" u32) (case "b")'),
        go: "(i32.store8 (i32.const 16) (i32.const 9)) (i32.const 16)",
      },
    ],
    [
      "neither ok nor an error",
      {
        result: "(result u32 (error u32))",
        go: "(i32.store8 (i32.const 16) (i32.const 2)) (i32.const 16)",
      },
    ],
    [
      "an option of 2",
      { result: "(option u32)", go: "(i32.store8 (i32.const 16) (i32.const 2)) (i32.const 16)" },
    ],
  ])("%s is a trap", async (_, parts) => {
    expect(await call(parts)).toBe("trapped 134");
  });
});

function enumOf(go: string): Abi {
  return { ...imported('enum "a" "b" "c"'), go };
}

/** A type of its own must have a name, from an interface. */
function imported(type: string): Pick<Abi, "types" | "result"> {
  const types = `(import "acme:test/types" (instance $types
      (type $t' (${type})) (export "t" (type (eq $t')))))
    (alias export $types "t" (type $t))`;
  return { types, result: "$t" };
}

describe("a component that lies about its types", () => {
  test("of a core function, of a memory, of a realloc, is none", async () => {
    const whole = abi({ go: pair(0, 0) });
    const lies = [
      whole
        .replace(`(func (export "go")  (result i32)`, `(func (export "go") (result i64)`)
        .replace(/\(i32\.const 16\)\)\)/, "(drop (i32.const 16)) (i64.const 0)))"),
      whole.replace(`(core memory $core "mem")`, `(core memory $core "other")`),
      whole.replace(`(realloc (core func $core "realloc"))`, `(realloc (core func $core "post"))`),
    ];
    for (const lie of lies) {
      expect(lie).not.toBe(whole);
      expect(await runner.call(lie)).toBe("ERR_COMPONENT_INVALID");
    }
  });

  test.each([
    [
      "random",
      "get-random-u64",
      `(param "a" string) (result (list u8))`,
      "(param i32 i32 i32)",
      "(i32.const 0) (i32.const 4) (i32.const 32)",
    ],
    ["random", "get-random-bytes", "(result u32)", "(result i32)", ""],
    ["insecure", "get-insecure-random-u64", `(param "a" f32)`, "(param f32)", "(f32.const 1)"],
  ])("of wasi:random/%s#%s harms nobody else", async (name, item, type, coreType, args) => {
    const text = `(component
      (import "wasi:random/${name}@0.2.0" (instance $random (export "${item}" (func ${type}))))
      (core module $memory (memory (export "mem") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
      (core instance $memory (instantiate $memory))
      (core func $lowered (canon lower (func $random "${item}")
        (memory (core memory $memory "mem")) (realloc (core func $memory "realloc"))))
      (core module $core (import "h" "f" (func $f ${coreType}))
        (func (export "go") (result i32) (call $f ${args})
          ${coreType.includes("result") ? "" : "(i32.const 0)"}))
      (core instance $core (instantiate $core
        (with "h" (instance (export "f" (func $lowered))))))
      (func (export "go") (result u32) (canon lift (core func $core "go"))))`;
    // Its worker goes with it where the host's own function failed over what it was given.
    expect(["trapped 134", "ERR_WORKER_FAILED", "ERR_COMPONENT_INVALID"]).toContain(
      await runner.call(text),
    );
  });
});

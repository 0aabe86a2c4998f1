/** Components that break the canonical ABI: where values cross between them and the host. */
import type { Container } from "safedock";
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
  /** What the function does: parameters are flat, a result of more than one value is an address. */
  readonly go: string;
  readonly flat?: string;
  readonly realloc?: string;
  readonly post?: string;
}

/** A component with one function, `go`. */
function abi(parts: Abi): string {
  const { param, result = "string", go, flat = "", post = "" } = parts;
  const { realloc = "(i32.const 1024)" } = parts;
  const postReturn = post === "" ? "" : `(post-return (core func $core "post"))`;
  const canon = `(memory (core memory $core "mem")) (realloc (core func $core "realloc"))
    ${postReturn}`;
  return `(component
  (core module $core
    (memory (export "mem") 1)
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

/** What a function answers: its type, and the body that gives it. */
interface Answer {
  readonly type: string;
  readonly body: string;
  readonly encoding?: string;
}

const DATA = String.raw`(data (i32.const 64) "\ff\fe") (data (i32.const 66) "\ed\a0")
    (data (i32.const 68) "\00\dc\00\00") (data (i32.const 72) "\ef\bb\bfa")`;

/** Functions `go-0`, `go-1` … with these answers, over one memory. */
function answering(answers: readonly Answer[]): string {
  const types = answers.map(({ type }, index) =>
    type.startsWith("enum") || type.startsWith("variant")
      ? `(import "acme:test/types-${index}" (instance $types-${index}
          (type $t' (${type})) (export "t" (type (eq $t')))))
         (alias export $types-${index} "t" (type $t-${index}))`
      : `(type $t-${index} (tuple ${type}))`,
  );
  const typeOf = (index: number, type: string): string =>
    type.startsWith("enum") || type.startsWith("variant") ? `$t-${index}` : type;
  return `(component ${types.join("\n")}
  (core module $core
    (memory (export "mem") 1)
    ${DATA}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    ${answers.map(({ body }, index) => `(func (export "go-${index}") (result i32) ${body})`).join("\n")})
  (core instance $core (instantiate $core))
  ${answers
    .map(
      ({ type, encoding = "utf8" }, index) => `(func (export "go-${index}")
    (result ${typeOf(index, type)}) (canon lift (core func $core "go-${index}")
      (memory (core memory $core "mem")) (realloc (core func $core "realloc"))
      string-encoding=${encoding}))`,
    )
    .join("\n")})`;
}

describe("a result", () => {
  const byte = (value: number): string =>
    `(i32.store8 (i32.const 16) (i32.const ${value})) (i32.const 16)`;
  const TRAPS: Readonly<Record<string, Answer>> = {
    "text out of the memory": { type: "string", body: pair(0x10000, 1) },
    "text of 2^31 bytes": { type: "string", body: pair(0, 0x80000000) },
    "text of 2^32-1 bytes": { type: "string", body: pair(8, 0xffffffff) },
    "text in UTF-16 of 2^31 units": {
      type: "string",
      body: pair(0, 0x80000000),
      encoding: "utf16",
    },
    "text in UTF-16 at an odd address": { type: "string", body: pair(1, 1), encoding: "utf16" },
    "half of a pair in UTF-16": { type: "string", body: pair(68, 1), encoding: "utf16" },
    "text that is not UTF-8": { type: "string", body: pair(64, 2) },
    "text with half of a character": { type: "string", body: pair(66, 2) },
    "bytes out of the memory": { type: "(list u8)", body: pair(0xffff, 2) },
    "2^31 bytes": { type: "(list u8)", body: pair(0, 0x80000000) },
    "2^31 numbers": { type: "(list u64)", body: pair(0, 0x80000000) },
    "numbers at an odd address": { type: "(list u32)", body: pair(1, 4) },
    "2^31 texts": { type: "(list string)", body: pair(0, 0x80000000) },
    "2^32-1 truth values": { type: "(list bool)", body: pair(0, 0xffffffff) },
    "lists of 2^31 lists": { type: "(list (list (list u8)))", body: pair(0, 0x80000000) },
    "what lies behind the memory": { type: "string", body: "(i32.const 65533)" },
    "what lies at a negative address": { type: "string", body: "(i32.const -16)" },
    "a character that is none": { type: "char", body: "(i32.const 0x110000)" },
    "half of a character": { type: "char", body: "(i32.const 0xd800)" },
    "a case that there is not, of an enum": { type: 'enum "a" "b" "c"', body: "(i32.const 3)" },
    "a negative case of an enum": { type: 'enum "a" "b" "c"', body: "(i32.const -1)" },
    "a case that there is not, of a variant": {
      type: 'variant (case "a" u32) (case "b")',
      body: byte(9),
    },
    "neither ok nor an error": { type: "(result u32 (error u32))", body: byte(2) },
    "an option that is neither": { type: "(option u32)", body: byte(2) },
  };
  const names = Object.keys(TRAPS);
  const whole: Answer = { type: "string", body: pair(72, 4) };

  let container: Container;
  beforeAll(async () => {
    container = await runner.container(answering([...Object.values(TRAPS), whole]), {
      imports: Object.fromEntries(names.map((_, index) => [`acme:test/types-${index}`, {}])),
    });
  });
  afterAll(() => container.remove({ force: true }));

  test.each([...names.entries()])("%i %s is a trap", async (index) => {
    expect(await runner.callIn(container, `go-${index}`)).toBe("trapped 134");
  });

  test("keeps the mark of byte order that a text begins with", async () => {
    expect(await runner.callIn(container, `go-${names.length}`)).toBe("\ufeffa");
  });
});

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
  ])("of wasi:random/%s#%s is none", async (name, item, type, coreType, args) => {
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
    expect(await runner.call(text)).toBe("ERR_COMPONENT_INVALID");
  });
});

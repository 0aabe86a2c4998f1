/**
 * Names that would be code in what a component becomes, in every place that holds one: each is refused before
 * anything is made of it. What toolchains write is not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assertSafeNames } from "../../../src/component/name-safety.js";
import { thrownBy } from "../../support/thrown-by.js";
import { ComponentRunner } from "./component-runner.js";
import { componentText, harmlessNames, SLOTS, type Slot } from "./named-component.js";
import { componentBytes } from "../../support/component-text.js";

let runner: ComponentRunner;

beforeAll(async () => {
  runner = await ComponentRunner.open();
});
afterAll(() => runner.close());
afterEach(() => {
  // oxlint-disable-next-line vitest/no-standalone-expect -- after each test
  expect(Reflect.get(globalThis, "PWNED")).toBeUndefined();
});

/** Ends the text that it lies in, and the statement, and goes on. */
const PROOF = "x'];globalThis.PWNED=1;//";

/** What a component with the name is refused with by the check, and by the engine. */
async function refusals(bytes: Uint8Array): Promise<unknown[]> {
  const checked = thrownBy(() => assertSafeNames(bytes, "/main.wasm"));
  const image = await runner.engine.loadImage(bytes);
  const run = await runner.engine.run(image).catch((error: unknown) => error);
  const prepared = await runner.engine
    .loadImage(bytes, { prepare: true })
    .catch((error: unknown) => error);
  return [checked, run, prepared];
}

async function expectRefused(text: string, name: string, where: RegExp): Promise<void> {
  for (const error of await refusals(await componentBytes(text))) {
    expect(error).toMatchObject({
      code: "ERR_COMPONENT_NAME_UNSAFE",
      data: { name: JSON.stringify(name), where: expect.stringMatching(where) as string },
    });
  }
}

const quoted = (name: string): string => `"${name.replaceAll("'", "\\'")}"`;
const EMPTY_CORE = `(core module $m (func (export "f")))`;

describe("the proof of the attack is refused as", () => {
  const n = quoted(PROOF);
  test.each<[string, string, RegExp]>([
    [
      "core export",
      `(component (core module (func (export ${n}))))`,
      /^core export of core module 0$/,
    ],
    [
      "module of a core import",
      `(component (core module (import ${n} "f" (func))))`,
      /^core import module of core module 0$/,
    ],
    [
      "field of a core import",
      `(component (core module (import "m" ${n} (func))))`,
      /^core import field of core module 0$/,
    ],
    [
      "argument of a core instance",
      `(component ${EMPTY_CORE} (core instance $i (instantiate $m))
        (core module $n (import ${n} "f" (func)))
        (core instance (instantiate $n (with ${n} (instance $i)))))`,
      /^core (?:argument|import module)/,
    ],
    [
      "inline export of a core instance",
      `(component ${EMPTY_CORE} (core instance $i (instantiate $m))
        (core instance (export ${n} (func $i "f"))))`,
      /^core inline export of core instance 0$/,
    ],
    [
      "alias of a core export",
      `(component ${EMPTY_CORE} (core instance $i (instantiate $m))
        (alias core export $i ${n} (core func)))`,
      /^core alias$/,
    ],
    [
      "core type of a module",
      `(component (core type (module (import ${n} "f" (func)))))`,
      /^core type import of core type 0$/,
    ],
    [
      "core type of a module, exported",
      `(component (core type (module (export ${n} (func)))))`,
      /^core type export of core type 0$/,
    ],
    [
      "core export in a component of a component",
      `(component (component (component (core module (func (export ${n}))))))`,
      /^core export of component 0, component 0, core module 0$/,
    ],
  ])("%s", async (_, text, where) => {
    await expectRefused(text, PROOF, where);
  });

  const slots = (Object.keys(SLOTS) as Slot[]).filter((slot) => SLOTS[slot] === "core");
  test.each(slots)("%s of a component with all kinds of things", async (slot) => {
    const bytes = await componentBytes(componentText({ ...harmlessNames(), [slot]: PROOF }));
    expect(thrownBy(() => assertSafeNames(bytes, "/main.wasm"))).toMatchObject({
      code: "ERR_COMPONENT_NAME_UNSAFE",
      data: { name: JSON.stringify(PROOF) },
    });
  });
});

describe("the proof of the attack is refused in the names of the component model:", () => {
  /** The text format refuses them itself: the name is put into the bytes. */
  const placeholder = "x".repeat(PROOF.length);
  const x = `"${placeholder}"`;
  test.each<[string, string]>([
    ["import", `(component (import ${x} (func)))`],
    ["export", `(component (type $t u8) (export ${x} (type $t)))`],
    ["import of an instance", `(component (import "${placeholder.slice(8)}:p/i" (instance)))`],
    [
      "argument",
      `(component (component $c (import ${x} (func))) (import "f" (func $f))
      (instance (instantiate $c (with ${x} (func $f)))))`,
    ],
    ["inline export", `(component (import "f" (func $f)) (instance (export ${x} (func $f))))`],
    [
      "alias",
      `(component (import "i" (instance $i (export ${x} (func))))
      (alias export $i ${x} (func)))`,
    ],
    ["type of an instance", `(component (type (instance (export ${x} (func)))))`],
    ["type of a component", `(component (type (component (import ${x} (func)))))`],
    ["field of a record", `(component (type (record (field ${x} u8))))`],
    ["case of a variant", `(component (type (variant (case ${x} u8))))`],
    ["case of an enum", `(component (type (enum ${x})))`],
    ["flag", `(component (type (flags ${x})))`],
    ["parameter", `(component (type (func (param ${x} u8))))`],
    ["part of a component's component", `(component (component (import ${x} (func))))`],
  ])("%s", async (_, text) => {
    const harmless = Buffer.from(await componentBytes(text));
    const part = text.includes(x) ? placeholder : placeholder.slice(8);
    const attack = text.includes(x) ? PROOF : PROOF.slice(0, part.length);
    const bytes = Buffer.from(harmless.toString("latin1").replaceAll(part, attack), "latin1");
    expect(() => assertSafeNames(harmless, "/main.wasm")).not.toThrow();
    for (const error of await refusals(new Uint8Array(bytes))) {
      expect(error).toMatchObject({ code: "ERR_COMPONENT_NAME_UNSAFE" });
      expect(String(error)).toContain(JSON.stringify(attack).slice(1, -1));
    }
  });
});

describe("refused as core names are", () => {
  test.each([
    ["a quote", "a\\'b"],
    ["a double quote", 'a\\"b'],
    ["a backslash", "a\\\\b"],
    ["a backtick", "a`b"],
    ["the beginning of a template's part", "a${b"],
    ["the end of a comment", "a*/b"],
    ["a line break", "a\\nb"],
    ["another line break", "a\\rb"],
    ["a line separator", "a\\u{2028}b"],
    ["a paragraph separator", "a\\u{2029}b"],
    ["a zero", "a\\00b"],
    ["a character of another script", "gr\u00fc\u00dfe"],
    ["one beyond 16 bits", "\u{1f600}"],
    ["the setter of prototypes", "__proto__"],
    ["no letter and no digit", "."],
  ])("%s", async (_, name) => {
    const bytes = await componentBytes(`(component (core module (func (export "${name}"))))`);
    expect(thrownBy(() => assertSafeNames(bytes, "/main.wasm"))).toMatchObject({
      code: "ERR_COMPONENT_NAME_UNSAFE",
    });
  });
});

describe("refused because generated code has the name itself", () => {
  test.each<[string, string]>([
    ["a function that hides undefined", `(import "undefined" (func))`],
    ["a function called arguments", `(import "arguments" (func))`],
    ["a function that is a handle table", `(import "handle-table0" (func))`],
    ["a function of the decoder's name", `(import "utf8-decoder" (func))`],
    ["a function of getter of modules", `(import "get-core-module" (func))`],
    ["an exported promise", `(import "f" (func $f)) (export "then" (func $f))`],
    ["a class of the language", `(import "map" (type (sub resource)))`],
    ["another", `(import "weak-ref" (type (sub resource)))`],
  ])("%s", async (_, parts) => {
    const bytes = await componentBytes(`(component ${parts})`);
    for (const error of await refusals(bytes)) {
      expect(error).toMatchObject({ code: "ERR_COMPONENT_NAME_UNSAFE" });
      expect(String(error)).toContain("generated code has its own");
    }
  });

  test("an interface in two versions that are not compatible", async () => {
    const twice = `(import "a:b/c@0.2.0" (instance)) (import "a:b/c@0.3.0" (instance))`;
    const bytes = await componentBytes(`(component ${twice})`);
    expect(thrownBy(() => assertSafeNames(bytes, "/main.wasm"))).toMatchObject({
      code: "ERR_COMPONENT_NAME_UNSAFE",
      data: { name: '"a:b/c@0.3.0"' },
    });
  });
});

describe("accepted:", () => {
  const NAMES = {
    "wit-component": [
      "cabi_post_a:b/c@0.2.0#d",
      "[method]descriptor.stat",
      "__main_module__",
      "$imports",
    ],
    "Rust, mangled": [
      "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
      "_RNvCskwGfYPst2Cb_3foo3bar",
    ],
    "C++": ["_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEED2Ev"],
    Go: ["main.(*T).Method", "internal/poll.(*FD).Close", "go.shape.int[int,string]"],
    "JavaScript engines": ["JS_NewContext", "js::wasm::Module", "operator<(int&, char const*)"],
    "code of others": [
      "constructor",
      "prototype",
      "hasOwnProperty",
      "toString",
      "class",
      "default",
      "eval",
    ],
  } as const;
  test.each(Object.entries(NAMES))("core names of %s", async (_, names) => {
    const functions = names.map((name) => `(func (export "${name}"))`).join(" ");
    const imports = names.map((name) => `(import "env" "${name}" (func))`).join(" ");
    const bytes = await componentBytes(
      `(component (core module ${functions}) (core module ${imports}))`,
    );
    expect(() => assertSafeNames(bytes, "/main.wasm")).not.toThrow();
  });

  test("all components of the tests' guests", () => {
    const folder = new URL("../../guests/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".wasm"),
    );
    let count = 0;
    for (const file of files) {
      const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
      if (bytes[4] !== 0x0d) continue;
      expect(() => assertSafeNames(bytes, file), file).not.toThrow();
      count++;
    }
    expect(count).toBeGreaterThan(5);
  });

  test("custom sections of any name: nothing is made of them", async () => {
    const text = `(component (@custom ${quoted(PROOF)} "x") ${EMPTY_CORE})`;
    const bytes = await componentBytes(text);
    expect(() => assertSafeNames(bytes, "/main.wasm")).not.toThrow();
    await runner.engine.loadImage(bytes, { prepare: true });
  });
});

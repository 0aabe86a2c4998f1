/** Modules whose sections lie about themselves: sizes, counts, numbers, order; and bytes that are no module. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coreModule, leb, name, section } from "../../wasm/module-bytes.js";
import { build, END, FUNC, FUNCREF, I32, i32 } from "./build-module.js";
import { ModuleRunner } from "./module-runner.js";

let runner: ModuleRunner;

beforeAll(async () => {
  runner = await ModuleRunner.open();
});

afterAll(() => runner.close());

type Bytes = readonly number[];

const TYPE = section(1, [FUNC, 0, 0]);
const FUNCTION = section(3, [0]);
const EXPORT = section(7, [...name("_start"), 0, 0]);
const CODE = section(10, [2, 0, END]);
/** A section whose content is these bytes. */
const raw = (id: number, ...content: Bytes): number[] => [id, ...leb(content.length), ...content];
const wellFormed = (...between: readonly Bytes[]) =>
  coreModule(TYPE, FUNCTION, ...between, EXPORT, CODE);
/** A number in five bytes, though one would do. */
const wide = (value: number): number[] => [value | 0x80, 0x80, 0x80, 0x80, 0];

test("a module of the same parts that tells the truth runs", async () => {
  expect(await runner.outcome(wellFormed())).toBe("exited 0");
  expect(
    await runner.outcome(
      coreModule(TYPE, FUNCTION, raw(5, ...wide(1), 0, ...wide(1)), EXPORT, CODE),
    ),
  ).toBe("exited 0");
});

describe("refused:", () => {
  test.each<[string, Uint8Array]>([
    ["a section longer than the module", wellFormed([5, 100, 1, 0, 1])],
    ["a section of 4 GiB", wellFormed([5, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ["a section shorter than its content", wellFormed([5, 2, 1, 0, 1])],
    ["a size in six bytes", wellFormed([5, 0x83, 0x80, 0x80, 0x80, 0x80, 0, 1, 0, 1])],
    ["a size beyond 32 bits", wellFormed([5, 0x83, 0x80, 0x80, 0x80, 0x10, 1, 0, 1])],
    ["more memories than there are bytes", wellFormed(raw(5, 100, 0, 1))],
    ["fewer memories than there are bytes", wellFormed(raw(5, 0, 0, 1))],
    ["a memory cut short", wellFormed(raw(5, 1, 1, 1))],
    ["a memory of -1 pages", wellFormed(raw(5, 1, 0, 0x7f, 0))],
    ["a memory of 65,537 pages", wellFormed(raw(5, 1, 0, ...leb(65_537)))],
    ["memory flags of 0x88", wellFormed(raw(5, 1, 0x88, 0, 1))],
    ["a memory of odd page size", wellFormed(raw(5, 1, 8, 1, 0))],
    [
      "a table of more than 32 bits",
      wellFormed(raw(4, 1, FUNCREF, 0, 0xff, 0xff, 0xff, 0xff, 0x1f)),
    ],
    ["a table whose maximum is below its size", wellFormed(raw(4, 1, FUNCREF, 1, 9, 8))],
    ["a shared table", wellFormed(raw(4, 1, FUNCREF, 3, 1, 2))],
    ["a table of numbers", wellFormed(raw(4, 1, I32, 0, 1))],
    ["a section twice", coreModule(TYPE, TYPE, FUNCTION, EXPORT, CODE)],
    ["memories twice", wellFormed(raw(5, 1, 0, 1), raw(5, 1, 0, 1))],
    ["imports twice", coreModule(TYPE, raw(2, 0), raw(2, 0), FUNCTION, EXPORT, CODE)],
    ["exports before functions", coreModule(TYPE, EXPORT, FUNCTION, CODE)],
    ["memories before functions", coreModule(TYPE, raw(5, 1, 0, 1), FUNCTION, EXPORT, CODE)],
    ["a section of an unknown kind", wellFormed(raw(14, 0))],
    ["a section of kind 255", wellFormed(raw(255, 0))],
    ["a custom section without a name", wellFormed(raw(0))],
    ["a custom section whose name passes its end", wellFormed(raw(0, 100, 0x61))],
    ["a function without code", coreModule(TYPE, FUNCTION, EXPORT)],
    ["code without a function", coreModule(TYPE, CODE)],
    ["more functions than code", coreModule(TYPE, section(3, [0], [0]), EXPORT, CODE)],
    ["a body that passes the section", coreModule(TYPE, FUNCTION, EXPORT, raw(10, 1, 90, 0, END))],
    ["a body of no bytes", coreModule(TYPE, FUNCTION, EXPORT, raw(10, 1, 0))],
    ["a body without an end", coreModule(TYPE, FUNCTION, EXPORT, raw(10, 1, 2, 0, 0x01))],
    ["a function of a type that is not there", coreModule(TYPE, section(3, [9]), EXPORT, CODE)],
    ["a start function that is not there", coreModule(TYPE, FUNCTION, EXPORT, raw(8, 9), CODE)],
    ["a start function with a parameter", build({ type: [[I32], []], start: true })],
    [
      "an export of a memory that is not there",
      build({
        exports: [
          [...name("_start"), 0, 0],
          [...name("m"), 2, 0],
        ],
      }),
    ],
    [
      "more data than it counts",
      coreModule(TYPE, FUNCTION, raw(5, 1, 0, 1), EXPORT, raw(12, 0), CODE, raw(11, 1, 1, 0)),
    ],
    [
      "data that passes its section",
      coreModule(
        TYPE,
        FUNCTION,
        raw(5, 1, 0, 1),
        EXPORT,
        CODE,
        raw(11, 1, 0, ...i32(0), END, 100, 1),
      ),
    ],
    [
      "data at an address that is no number",
      coreModule(TYPE, FUNCTION, raw(5, 1, 0, 1), EXPORT, CODE, raw(11, 1, 0, 0x42, 0, END, 0)),
    ],
    [
      "elements of functions that are not there",
      coreModule(
        TYPE,
        FUNCTION,
        raw(4, 1, FUNCREF, 0, 1),
        EXPORT,
        raw(9, 1, 0, ...i32(0), END, 1, 9),
        CODE,
      ),
    ],
    ["a global of an unknown type", wellFormed(raw(6, 1, 0x20, 0, ...i32(0), END))],
    ["bytes behind the last section", Uint8Array.from([...wellFormed(), 10])],
  ])("%s", async (_, module) => {
    expect(await runner.outcome(module)).toBe("ERR_MODULE_INVALID");
  });
});

describe("elements and data out of bounds", () => {
  const withElements = (offset: number) =>
    coreModule(
      TYPE,
      FUNCTION,
      raw(4, 1, FUNCREF, 0, 1),
      raw(5, 1, 0, 1),
      EXPORT,
      raw(9, 1, 0, ...i32(offset), END, 1, 0),
      CODE,
    );
  const withData = (offset: number) =>
    coreModule(
      TYPE,
      FUNCTION,
      raw(5, 1, 0, 1),
      EXPORT,
      CODE,
      raw(11, 1, 0, ...i32(offset), END, 1, 7),
    );

  test.each<[string, Uint8Array, string]>([
    ["the last element", withElements(0), "exited 0"],
    ["one behind it", withElements(1), "trapped 134"],
    ["elements at 2^32 - 1", withElements(-1), "trapped 134"],
    ["the last byte", withData(65_535), "exited 0"],
    ["the byte behind it", withData(65_536), "trapped 134"],
    ["data at 2^31", withData(-(2 ** 31)), "trapped 134"],
    ["data at 2^32 - 1", withData(-1), "trapped 134"],
  ])("%s", async (_, module, expected) => {
    expect(await runner.outcome(module)).toBe(expected);
  });
});

describe("custom sections that lie change nothing:", () => {
  const named = (...content: Bytes) => raw(0, ...name("name"), ...content);
  test.each<[string, Bytes]>([
    ["names that pass the section", named(1, 100, 1)],
    ["names of functions that are not there", named(1, 6, 1, ...leb(1e6), 1, 0x61)],
    ["a name that is no text", named(1, 4, 1, 0, 1, 0xff)],
    ["a thousand million names", named(1, 5, ...leb(1e9))],
    ["names twice", [...named(1, 4, 1, 0, 1, 0x61), ...named(1, 4, 1, 0, 1, 0x62)]],
    [
      "a map of sources on the host",
      raw(0, ...name("sourceMappingURL"), ...name("file:///etc/passwd")),
    ],
    ["a build id of no bytes", raw(0, ...name("build_id"))],
    [
      "a hint of branches for no function",
      raw(0, ...name("metadata.code.branch_hint"), 1, 99, 1, 0, 1, 1),
    ],
    ["debug information that is none", raw(0, ...name(".debug_info"), 0xff, 0xff, 0xff)],
    ["a list of libraries", raw(0, ...name("dylink.0"), 1, 100)],
  ])("%s", async (_, custom) => {
    expect(await runner.outcome(Uint8Array.from([...wellFormed(), ...custom]))).toBe("exited 0");
    const first = wellFormed();
    expect(
      await runner.outcome(
        Uint8Array.from([...first.subarray(0, 8), ...custom, ...first.subarray(8)]),
      ),
    ).toBe("exited 0");
  });
});

describe("bytes that are no module:", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["none", new Uint8Array(), /ERR_SOURCE_UNSUPPORTED/],
    [
      "four of the eight of its head",
      Uint8Array.of(0, 0x61, 0x73, 0x6d),
      /ERR_(?:MODULE_INVALID|SOURCE_UNSUPPORTED)/,
    ],
    [
      "text",
      new TextEncoder().encode('(module (func (export "_start")))'),
      /ERR_SOURCE_UNSUPPORTED/,
    ],
    [
      "another machine's program",
      Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, ...new Uint8Array(64)]),
      /ERR_SOURCE_UNSUPPORTED/,
    ],
    ["an empty component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /ERR_MODULE_INVALID/],
    [
      "a module of version 2",
      Uint8Array.from(wellFormed(), (byte, at) => (at === 4 ? 2 : byte)),
      /ERR_SOURCE_UNSUPPORTED/,
    ],
    ["the head alone", coreModule(), /ERR_MODULE_INVALID/],
  ])("%s", async (_, bytes, expected) => {
    expect(await runner.outcome(bytes)).toMatch(expected);
  });
});

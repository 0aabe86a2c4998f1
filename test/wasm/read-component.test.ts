import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModuleFormatError } from "../../src/wasm/byte-reader.js";
import { readComponent } from "../../src/wasm/read-component.js";
import { command, component, componentHead, leb, nameBytes, section } from "../images/component.js";

const bytesOf = (...sections: readonly Uint8Array[]) => Buffer.concat([componentHead, ...sections]);
const imports = (...items: readonly (readonly number[])[]) =>
  section(10, [...leb(items.length), ...items.flat()]);
const exports = (...items: readonly (readonly number[])[]) =>
  section(11, [...leb(items.length), ...items.flat()]);
const named = (name: string) => [0, ...nameBytes(name)];

describe("imports and exports", () => {
  test("of every sort, as the binary format describes them", () => {
    const info = readComponent(
      bytesOf(
        imports(
          [...named("module"), 0x00, 0x11, 0],
          [...named("function"), 0x01, 0x80, 0x01],
          [...named("equal value"), 0x02, 0x00, 3],
          [...named("value"), 0x02, 0x01, 0x7f],
          [...named("equal type"), 0x03, 0x00, 2],
          [...named("resource"), 0x03, 0x01],
          [...named("component"), 0x04, 1],
          [...named("wasi:io/streams@0.2.0"), 0x05, 1],
        ),
        exports(
          [...named("module"), 0x00, 0x11, 0, 0],
          [...named("typed"), 0x01, 4, 0x01, 0x01, 9],
          [...named("wasi:cli/run@0.2.0"), 0x05, 0, 0],
        ),
      ),
    );
    expect(info.imports.map(({ name, sort }) => [name, sort])).toEqual([
      ["module", "core module"],
      ["function", "function"],
      ["equal value", "value"],
      ["value", "value"],
      ["equal type", "type"],
      ["resource", "type"],
      ["component", "component"],
      ["wasi:io/streams@0.2.0", "instance"],
    ]);
    expect(info.exports).toEqual([
      { name: "module", sort: "core module" },
      { name: "typed", sort: "function" },
      { name: "wasi:cli/run@0.2.0", sort: "instance" },
    ]);
  });

  test("in several sections, with names of every form", () => {
    const old = [1, ...nameBytes("wasi:cli/stdin@0.2.0")];
    const versioned = [2, ...nameBytes("wasi:cli/stdout"), 1, 1, ...nameBytes("0.2.0")];
    const { imports: found } = readComponent(
      bytesOf(imports([...old, 5, 0]), section(7, [0]), imports([...versioned, 5, 0])),
    );
    expect(found.map(({ name }) => name)).toEqual(["wasi:cli/stdin@0.2.0", "wasi:cli/stdout"]);
  });

  test("of what is nested inside are not its own", () => {
    const nested = section(4, command);
    const outer = component({ imports: [], exports: ["outer"], inside: [nested, section(0, [1])] });
    expect(readComponent(outer)).toEqual({
      imports: [],
      exports: [{ name: "outer", sort: "instance" }],
    });
  });
});

describe("bytes that are no component", () => {
  const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["too few", componentHead.subarray(0, 7), /7 bytes are too few/],
    ["a core module", Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), /not those of a component/],
    ["an unknown section", bytesOf(section(13, [])), /unknown section 13/],
    ["a section past the end", bytesOf(Buffer.from([10, 200, 1])), /of 200 bytes passes the end/],
    ["more imports than bytes", bytesOf(section(10, [100, 0])), /100 imports in 1 bytes/],
    ["four billion exports", bytesOf(section(11, [...leb(0xffff_ffff)])), /at most 100000/],
    ["bytes left over", bytesOf(section(10, [0, 0])), /imports have bytes left over/],
    ["an unknown form of name", bytesOf(imports([3, 0, 5, 0])), /unknown form of name/],
    ["an unknown sort", bytesOf(imports([...named("x"), 9, 0])), /unknown kind of import/],
    ["a name that is not UTF-8", bytesOf(imports([0, 1, 0xff, 5, 0])), /is not UTF-8/],
    ["an unknown kind of export", bytesOf(exports([...named("x"), 5, 0, 2])), /kind of export/],
  ];
  test.each(bad)("%s", (_, bytes, message) => {
    expect(() => readComponent(bytes)).toThrow(ModuleFormatError);
    expect(() => readComponent(bytes)).toThrow(message);
  });

  test("too many sections", () => {
    const many = Buffer.alloc(2 * 100_001);
    expect(() => readComponent(bytesOf(many))).toThrow(/more than 100000 sections/);
  });

  test("any bytes: an answer or a ModuleFormatError, never more", () => {
    const change = fc.tuple(fc.nat(command.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(command.length), (changes, end) => {
        const bytes = Buffer.from(command);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readComponent(bytes.subarray(0, end));
        } catch (error) {
          if (!(error instanceof ModuleFormatError)) throw error;
        }
      }),
      { numRuns: 20_000, seed: 3 },
    );
  });
});

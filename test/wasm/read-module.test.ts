import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteReader, ModuleFormatError } from "../../src/wasm/byte-reader.js";
import { ByteWriter } from "../../src/wasm/byte-writer.js";
import type { CoreModuleInfo } from "../../src/wasm/module-info.js";
import { readModule } from "../../src/wasm/read-module.js";
import { MAX_TABLE_ELEMENTS, rewriteModule } from "../../src/wasm/rewrite-module.js";
import { command, coreModule, leb, moduleBytes, name, section } from "./module-bytes.js";

const hello = new Uint8Array(
  readFileSync(new URL("../guest/fixtures/hello.wasm", import.meta.url)),
);

function readCore(bytes: Uint8Array): CoreModuleInfo {
  const info = readModule(bytes);
  if (info.kind !== "core") throw new Error("not a core module");
  return info;
}

describe("numbers", () => {
  test("are read as they were written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        const writer = new ByteWriter();
        writer.u32(value);
        const reader = new ByteReader(writer.take());
        expect(reader.u32()).toBe(value);
        expect(reader.done).toBe(true);
      }),
    );
  });

  test.each([
    ["over 32 bits", [0xff, 0xff, 0xff, 0xff, 0x1f]],
    ["of six bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0]],
    ["cut short", [0x80]],
  ])("%s are refused", (_, bytes) => {
    expect(() => new ByteReader(Uint8Array.from(bytes)).u32()).toThrow(ModuleFormatError);
  });

  test("of 64 bits are read, and refused beyond", () => {
    const max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    expect(new ByteReader(Uint8Array.from(max)).u64()).toBe(2n ** 64n - 1n);
    max[9] = 2;
    expect(() => new ByteReader(Uint8Array.from(max)).u64()).toThrow(ModuleFormatError);
  });
});

describe("readModule", () => {
  test("reads function types, also in recursion groups", () => {
    const [func, group, open, final] = [0x60, 0x4e, 0x50, 0x4f];
    const [i32, i64, f64] = [0x7f, 0x7e, 0x7c];
    const imports = (index: number) => [...name("m"), ...name(`f${index}`), 0, index];
    const bytes = coreModule(
      section(
        1,
        [func, 2, i32, 0x63, 0, 1, i64],
        [group, 2, open, 0, func, 0, 1, i32, final, 1, 1, func, 0, 2, f64, 0x70],
        [func, 0, 0],
      ),
      section(2, ...[0, 1, 2, 3, 99].map(imports)),
      section(3, [2], [0], [99]),
      section(7, ...[3, 5, 6, 7, 99].map((index) => [...name(`e${index}`), 0, index])),
    );
    const { imports: imported, exports } = readCore(bytes);
    expect(imported.map(({ signature }) => signature)).toEqual([
      "(i32, ref) -> (i64)",
      "() -> (i32)",
      "() -> (f64, ref)",
      "() -> ()",
      undefined,
    ]);
    expect(exports.map(({ signature }) => signature)).toEqual([
      "() -> ()",
      "() -> (f64, ref)",
      "(i32, ref) -> (i64)",
      undefined,
      undefined,
    ]);
  });

  test.each([
    ["struct", [0x5f, 1, 0x7f, 1]],
    ["array", [0x5e, 0x7e, 1]],
    ["open struct", [0x50, 0, 0x5f, 0]],
    ["array in a group", [0x4e, 1, 0x5e, 0x7e, 1]],
  ])("refuses a type that lives outside the memory: %s", (_, type) => {
    expect(() => readCore(coreModule(section(1, type)))).toThrow("garbage collection");
  });

  test("tells what a program imports, exports and defines", () => {
    const info = readCore(hello);
    expect(info.memories).toEqual([{ initial: 2, shared: false, address64: false }]);
    expect(info.imports).toContainEqual({
      module: "wasi_snapshot_preview1",
      name: "fd_write",
      kind: "function",
      signature: "(i32, i32, i32, i32) -> (i32)",
    });
    const exported = WebAssembly.Module.exports(new WebAssembly.Module(hello));
    expect(info.exports.map(({ name, kind }) => ({ name, kind }))).toEqual(exported);
  });

  test("tells components from core modules", () => {
    expect(readModule(moduleBytes.component())).toEqual({ kind: "component" });
  });

  test("reads memories and tables of all kinds", () => {
    const bytes = coreModule(
      section(
        2,
        [...name("a"), ...name("b"), 2, 1, 1, 5],
        [...name("c"), ...name("d"), 1, 0x70, 0, 1],
        [...name("e"), ...name("f"), 3, 0x7f, 0],
        [...name("g"), ...name("h"), 4, 0, 0],
      ),
      section(4, [0x70, 1, 2, 9], [0x63, 0x70, 0, 1]),
      section(5, [0, 1], [3, 1, 2], [5, 1, ...leb(70_000)]),
      section(8),
    );
    const info = readCore(bytes);
    expect(info.imports.map(({ kind }) => kind)).toEqual(["memory", "table", "global", "tag"]);
    expect(info.imports[0]?.memory).toEqual({
      initial: 1,
      maximum: 5,
      shared: false,
      address64: false,
    });
    expect(info.tables).toEqual([
      { initial: 2, maximum: 9, address64: false, elementType: [0x70] },
      { initial: 1, address64: false, elementType: [0x63, 0x70] },
    ]);
    expect(info.memories).toEqual([
      { initial: 1, shared: false, address64: false },
      { initial: 1, maximum: 2, shared: true, address64: false },
      { initial: 1, maximum: 70_000, shared: false, address64: true },
    ]);
    expect(info.start).toBe(0);
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["text", new TextEncoder().encode("#!/bin/sh\n")],
    ["another version", Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 2, 0, 0, 0])],
    ["another layer", Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 2, 0])],
    ["an unknown section", coreModule([77, 0])],
    ["a section twice", coreModule(section(5, [0, 1]), section(5, [0, 1]))],
    ["sections out of order", coreModule(section(7), section(5))],
    ["a section past the end", coreModule([5, 100, 1, 0])],
    ["a count past the section", coreModule([5, 2, 90, 0])],
    ["bytes left in a section", coreModule([5, 4, 1, 0, 1, 9])],
    ["a memory over 4 GiB", coreModule(section(5, [0, ...leb(65_537)]))],
    ["a maximum below the initial size", coreModule(section(5, [1, 5, 4]))],
    ["an unknown memory flag", coreModule(section(5, [8, 1]))],
    ["a shared memory without a maximum", coreModule(section(5, [2, 1]))],
    ["a memory of 2^50 pages", coreModule(section(5, [4, ...leb(2 ** 50)]))],
    ["a type of an unknown form", coreModule(section(1, [0x5d, 0]))],
    ["a struct behind a group of types", coreModule(section(1, [0x4e, 0], [0x5f, 0]))],
    ["a struct in a group of types", coreModule(section(1, [0x4e, 1, 0x50, 0, 0x5f, 0]))],
    [
      "a table with an initialiser",
      coreModule(section(4, [0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b])),
    ],
    ["an unknown kind of export", coreModule(section(7, [...name("x"), 9, 0]))],
    ["a name that is not UTF-8", coreModule(section(7, [1, 0xff, 0, 0]))],
    ["a name past the section", coreModule(section(7, [90, 0x61, 0, 0]))],
  ])("refuses %s", (_, bytes) => {
    expect(() => readModule(bytes)).toThrow(ModuleFormatError);
  });

  test("of damaged modules throws nothing else, and what it accepts can be rewritten", () => {
    const change = fc.record({ at: fc.nat(hello.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(hello.length), (changes, length) => {
        const bytes = hello.slice(0, length);
        for (const { at, byte } of changes) if (at < length) bytes[at] = byte;
        try {
          const info = readModule(bytes);
          if (info.kind === "core") rewriteModule(bytes, info);
        } catch (error) {
          expect(error).toBeInstanceOf(ModuleFormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("rewriteModule", () => {
  test("imports the memory, and leaves code and data as they are", () => {
    const { bytes, memoryModule } = rewriteModule(hello, readCore(hello));
    const info = readCore(bytes);
    expect(info.memories).toEqual([]);
    expect(info.imports.at(-1)).toEqual({
      module: memoryModule,
      name: "0",
      kind: "memory",
      memory: { initial: 2, shared: false, address64: false },
    });
    const before = readCore(hello);
    const code = (module: Uint8Array, { sections }: CoreModuleInfo, id: number) =>
      sections.filter((each) => each.id === id).map((each) => module.slice(each.start, each.end));
    for (const id of [1, 3, 6, 7, 9, 10, 11]) {
      expect(code(bytes, info, id)).toEqual(code(hello, before, id));
    }
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test("makes an import section where there is none", () => {
    const bytes = coreModule(section(1, [0x60, 0, 0]), section(5, [1, 1, 3]), [0, 2, 1, 0x61]);
    const rewritten = rewriteModule(bytes, readCore(bytes));
    expect(WebAssembly.Module.imports(new WebAssembly.Module(rewritten.bytes))).toEqual([
      { module: rewritten.memoryModule, name: "0", kind: "memory" },
    ]);
    const alone = coreModule(section(5, [0, 1]));
    expect(readCore(rewriteModule(alone, readCore(alone)).bytes).imports).toHaveLength(1);
  });

  test("takes a module name that the guest does not use", () => {
    const bytes = coreModule(
      section(1, [0x60, 0, 0]),
      section(2, [...name("safedock:memory"), ...name("0"), 0, 0]),
      section(5, [0, 1]),
    );
    expect(rewriteModule(bytes, readCore(bytes)).memoryModule).not.toBe("safedock:memory");
  });

  test("caps tables, so that all together stay within the limit", () => {
    const bytes = coreModule(
      section(4, [0x70, 0, 1], [0x6f, 1, 2, ...leb(5)], [0x70, 1, 1, ...leb(2 ** 31)]),
    );
    const maxima = (limit?: number) =>
      readCore(rewriteModule(bytes, readCore(bytes), limit).bytes).tables.map(
        ({ maximum }) => maximum,
      );
    expect(maxima()).toEqual([333_333, 5, 666_662]);
    expect(maxima(100)).toEqual([33, 5, 62]);
    expect(maxima(4)).toEqual([1, 2, 1]);
    expect(() => maxima(3)).toThrow("tableElements");
  });

  test("imports memories that were imported under the host's name, in their places", () => {
    const bytes = coreModule(
      section(1, [0x60, 0, 0]),
      section(
        2,
        [...name("a"), ...name("first"), 0, 0],
        [...name("env"), ...name("memory"), 2, 3, 1, 2],
        [...name("a"), ...name("second"), 0, 0],
        [...name(""), ...name(""), 2, 0, 7],
      ),
      section(5, [1, 3, 4]),
    );
    const { bytes: rewritten, memories, memoryModule } = rewriteModule(bytes, readCore(bytes));
    expect(memories.map(({ initial }) => initial)).toEqual([1, 7, 3]);
    expect(
      readCore(rewritten).imports.map(({ module, name: field, memory }) => [module, field, memory]),
    ).toEqual([
      ["a", "first", undefined],
      [memoryModule, "0", { initial: 1, maximum: 2, shared: true, address64: false }],
      ["a", "second", undefined],
      [memoryModule, "1", { initial: 7, shared: false, address64: false }],
      [memoryModule, "2", { initial: 3, maximum: 4, shared: false, address64: false }],
    ]);
  });

  test("keeps shared memories and those of 64 bits what they are", () => {
    const shared = command([], [3, 1, 2]);
    const wide = command([], [5, 1, ...leb(2 ** 20)]);
    const kinds = [shared, wide].map((bytes) =>
      readCore(rewriteModule(bytes, readCore(bytes)).bytes),
    );
    expect(kinds.map(({ imports }) => imports.at(-1)?.memory)).toEqual([
      { initial: 1, maximum: 2, shared: true, address64: false },
      { initial: 1, maximum: 2 ** 20, shared: false, address64: true },
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    ["large tables", coreModule(section(4, [0x70, 0, ...leb(MAX_TABLE_ELEMENTS + 1)])), "table"],
    [
      "many tables",
      coreModule(section(4, ...Array.from({ length: 101 }, () => [0x70, 0, 1]))),
      "tables",
    ],
    [
      "many memories",
      coreModule(section(5, ...Array.from({ length: 9 }, () => [0, 1]))),
      "memories",
    ],
    [
      "many imported memories",
      coreModule(
        section(
          2,
          ...Array.from({ length: 9 }, (_, at) => [...name("env"), ...name(`${at}`), 2, 0, 1]),
        ),
      ),
      "memories",
    ],
    [
      "a memory that is imported twice",
      coreModule(
        section(2, ...Array.from({ length: 2 }, () => [...name("env"), ...name("m"), 2, 0, 1])),
      ),
      "twice",
    ],
  ])("refuses %s", (_, bytes, problem) => {
    expect(() => rewriteModule(bytes, readCore(bytes))).toThrow(problem);
  });

  test("takes milliseconds for 30 MB", () => {
    const data = [...leb(30_000_000 + 5)];
    const head = coreModule(section(5, [0, 600]));
    const bytes = new Uint8Array(head.length + 1 + data.length + 30_000_005);
    bytes.set([...head, 0, ...data, 4, 0x61, 0x62, 0x63, 0x64]);
    const before = performance.now();
    const rewritten = rewriteModule(bytes, readCore(bytes));
    expect(performance.now() - before).toBeLessThan(500);
    expect(rewritten.bytes.length).toBeGreaterThan(30_000_000);
  });
});

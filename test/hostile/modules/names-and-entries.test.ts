/** Imports and exports with names that hit something in JavaScript, and functions that are no entry. */
import { isSafedockError } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { name } from "../../wasm/module-bytes.js";
import {
  build,
  call,
  DROP,
  EXIT,
  EXTERNREF,
  FUNCREF,
  I32,
  i32,
  I64,
  start,
  WASI,
} from "./build-module.js";
import { ModuleRunner } from "./module-runner.js";

/** Members of Object, what makes a promise of an object, and what is no name elsewhere. */
const NAMES = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "then"],
  ...["", " ", "0", "-1", "a\0b", "\u202e", "🦀", "__defineGetter__", "Symbol.iterator"],
  ...["'];globalThis.POISONED=1;//", "${globalThis.POISONED=1}", "safedock:memory"],
];

let runner: ModuleRunner;

beforeAll(async () => {
  runner = await ModuleRunner.open();
});

afterAll(async () => {
  expect(Object.getOwnPropertyNames(Object.prototype).filter((key) => key === "POISONED")).toEqual(
    [],
  );
  expect("POISONED" in globalThis).toBe(false);
  await runner.close();
});

async function unknownImports(
  module: Uint8Array,
): Promise<{ imports: readonly string[]; message: string }> {
  try {
    await runner.run(module);
  } catch (error) {
    if (isSafedockError(error, "ERR_IMPORT_UNKNOWN")) {
      return { imports: error.data.imports, message: error.message };
    }
    throw error;
  }
  throw new Error("not refused");
}

describe.each(NAMES.map((odd) => [JSON.stringify(odd), odd]))("the name %s", (_, odd) => {
  test("as an import's module is unknown", async () => {
    const { imports } = await unknownImports(build({ imports: [[odd, "proc_exit", [I32], []]] }));
    expect(imports).toEqual([`${odd}.proc_exit`]);
  });

  test("as an import's name is unknown", async () => {
    const { imports, message } = await unknownImports(build({ imports: [[WASI, odd, [], []]] }));
    expect(imports).toEqual([`${WASI}.${odd}`]);
    expect(message).not.toMatch(/[\0\u202e]/);
  });

  test("as an export is nothing", async () => {
    const module = build({
      memories: [[0, 1]],
      exports: [start(0), [...name(odd), 2, 0], [...name(`${odd}2`), 0, 0]],
    });
    expect(await runner.outcome(module)).toBe("exited 0");
  });

  test("of a memory that is imported is as good as any", async () => {
    expect(await runner.outcome(withMemory(odd))).toBe("exited 3");
  });
});

/** Imports a memory of an odd name and exits with its size. */
function withMemory(odd: string): Uint8Array {
  const bytes = [...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...[1, 8, 2, 0x60, 1, I32, 0, 0x60, 0, 0]];
  const imports = [
    ...[2, ...name(odd), ...name(odd), 2, 0, 3],
    ...[...name(WASI), ...name("proc_exit"), 0, 0],
  ];
  const exported = [1, ...name("_start"), 0, 1];
  bytes.push(2, imports.length, ...imports, 3, 2, 1, 1, 7, exported.length, ...exported);
  bytes.push(10, 8, 1, 6, 0, 0x3f, 0, 0x10, 0, 0x0b);
  return Uint8Array.from(bytes);
}

test("a name that is no text: a lone surrogate", async () => {
  const surrogate = [3, 0xed, 0xa0, 0x80];
  for (const exported of [[start(0), [...surrogate, 0, 0]], [[...surrogate, 0, 0]]]) {
    expect(await runner.outcome(build({ exports: exported }))).toBe("ERR_MODULE_INVALID");
  }
});

test("names of 100,000 bytes, and of a million", async () => {
  const long = "x".repeat(100_000);
  const { imports, message } = await unknownImports(build({ imports: [[WASI, long, [], []]] }));
  expect(imports[0]).toHaveLength(WASI.length + 1 + long.length);
  expect(message.length).toBeLessThan(10_000);
  const exported = (text: string) => build({ exports: [start(0), [...name(text), 0, 0]] });
  expect(await runner.outcome(exported(long))).toBe("exited 0");
  expect(await runner.outcome(exported("x".repeat(1_000_000)))).toBe("ERR_MODULE_INVALID");
});

describe("imports of other things than functions and memories are refused, by name:", () => {
  test.each<[string, readonly number[], string]>([
    ["a table", [1, FUNCREF, 0, 1], "env.t (table)"],
    ["a global", [3, I32, 0], "env.t (global)"],
    ["a mutable global", [3, EXTERNREF, 1], "env.t (global)"],
    ["a tag", [4, 0, 0], "env.t (tag)"],
  ])("%s", async (_, description, expected) => {
    const entry = [1, ...name("env"), ...name("t"), ...description];
    const module = build({});
    // The empty import section follows the types.
    const at = module.findIndex(
      (byte, index) => byte === 2 && module[index + 1] === 1 && index > 8,
    );
    const bytes = [
      ...module.subarray(0, at),
      2,
      entry.length,
      ...entry,
      ...module.subarray(at + 3),
    ];
    expect((await unknownImports(Uint8Array.from(bytes))).imports).toEqual([expected]);
  });
});

describe("what is called", () => {
  const initialize = (index: number) => [...name("_initialize"), 0, index];

  test("_initialize of a program that has _start too is not called", async () => {
    const module = build({
      imports: [EXIT],
      body: [...i32(1), ...call(0)],
      exports: [start(1), initialize(0)],
    });
    expect(await runner.outcome(module)).toBe("exited 1");
  });

  test.each<[string, Uint8Array]>([
    ["_initialize alone", build({ exports: [initialize(0)] })],
    ["_start in capitals", build({ exports: [[...name("_START"), 0, 0]] })],
    [
      "a global as _start",
      build({ globals: [[I32, 0, ...i32(0), 0x0b]], exports: [[...name("_start"), 3, 0]] }),
    ],
    [
      "a table as _start",
      build({ tables: [[FUNCREF, 0, 1]], exports: [[...name("_start"), 1, 0]] }),
    ],
    [
      "a _start that gives a reference",
      build({ type: [[], [EXTERNREF]], body: [0xd0, EXTERNREF] }),
    ],
    [
      "a _start that takes forty numbers",
      build({ type: [Array.from({ length: 40 }, () => I64), []] }),
    ],
  ])("%s is refused", async (_, module) => {
    expect(await runner.outcome(module)).toBe("ERR_MODULE_INVALID");
  });

  test("a _start that gives numbers is called, and they are dropped", async () => {
    const module = build({ type: [[], [I32, I64]], body: [...i32(1), 0x42, 2] });
    expect(await runner.outcome(module)).toBe("exited 0");
  });

  test("a start function that calls the host finds it there", async () => {
    const module = build({
      imports: [[WASI, "sched_yield", [], [I32]]],
      start: true,
      body: [...call(0), DROP],
    });
    expect(await runner.outcome(module)).toBe("exited 0");
  });
});

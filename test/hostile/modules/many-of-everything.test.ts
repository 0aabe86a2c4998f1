/** Modules with more of everything than any compiler makes: each runs, or is refused, in bounded time. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leb, name } from "../../wasm/module-bytes.js";
import { EMPTY, END, FUNC, FUNCREF, I32, i32, LOOP } from "./build-module.js";
import { ModuleRunner } from "./module-runner.js";

/** For one module, with others busy beside it. */
const MAX_MS = 40_000;

let runner: ModuleRunner;

beforeAll(async () => {
  runner = await ModuleRunner.open();
});

afterAll(() => runner.close());

type Bytes = Uint8Array | readonly number[];

/** `count` times the same bytes, behind their number. */
function many(count: number, item: Bytes): Uint8Array {
  const head = leb(count);
  const bytes = new Uint8Array(head.length + count * item.length);
  bytes.set(head);
  for (let at = head.length; at < bytes.length; at++) {
    bytes[at] = item[(at - head.length) % item.length] ?? 0;
  }
  return bytes;
}

function each(count: number, item: (index: number) => Bytes): Uint8Array {
  const parts = [Uint8Array.from(leb(count))];
  for (let index = 0; index < count; index++) parts.push(Uint8Array.from(item(index)));
  return Buffer.concat(parts);
}

function moduleOf(sections: readonly (readonly [id: number, content: Bytes])[]): Uint8Array {
  return Buffer.concat([
    Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ...sections.flatMap(([id, content]) => [
      Uint8Array.from([id, ...leb(content.length)]),
      Buffer.from(content),
    ]),
  ]);
}

const START = [1, ...name("_start"), 0, 0];
const body = (code: Bytes): Uint8Array =>
  Buffer.concat([
    Uint8Array.from([1, ...leb(code.length + 2), 0]),
    Buffer.from(code),
    Uint8Array.of(END),
  ]);

/** One function of no parameters, exported as `_start`, with other sections around it. */
function program(
  extra: readonly (readonly [id: number, content: Bytes])[],
  code: Bytes = [],
): Uint8Array {
  const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
  const sections = new Map<number, Bytes>([
    [1, [1, FUNC, 0, 0]],
    [3, [1, 0]],
    [7, START],
    [10, body(code)],
    ...extra,
  ]);
  return moduleOf([...sections].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b)));
}

/** A function type of 11 parameters that spell a number. */
function typeOf(number: number): number[] {
  const parameters = Array.from({ length: 11 }, (_, at) => 0x7f - ((number >>> (at * 2)) & 3));
  return [FUNC, 11, ...parameters, 0];
}

const types = (count: number): Uint8Array =>
  each(count, (index) => (index === 0 ? [FUNC, 0, 0] : typeOf(index)));
const functions = (count: number): Uint8Array =>
  program([
    [3, many(count, [0])],
    [10, many(count, [2, 0, END])],
  ]);
const imports = (count: number): Uint8Array =>
  program([
    [2, many(count, [...name("wasi_snapshot_preview1"), ...name("sched_yield"), 0, 1])],
    [1, [2, FUNC, 0, 0, FUNC, 0, 1, I32]],
    [7, [1, ...name("_start"), 0, ...leb(count)]],
  ]);
const exports = (count: number): Uint8Array =>
  program([[7, each(count, (index) => [...name(index === 0 ? "_start" : `${index}`), 0, 0])]]);
const nested = (depth: number, opening: Bytes): Uint8Array => {
  const openings = many(depth, opening).subarray(leb(depth).length);
  return program([], Buffer.concat([openings, new Uint8Array(depth).fill(END)]));
};
const brTable = (labels: number): Uint8Array =>
  program(
    [],
    Buffer.concat([Uint8Array.from([...i32(0), 0x0e]), many(labels, [0]), Uint8Array.of(0)]),
  );

const INVALID = "ERR_MODULE_INVALID";
const cases: readonly (readonly [string, () => Uint8Array, string])[] = [
  ["100,000 functions", () => functions(100_000), "exited 0"],
  ["250,001 functions", () => functions(250_001), INVALID],
  ["1,000,000 functions", () => functions(1_000_000), INVALID],
  ["5,000 types", () => program([[1, types(5_000)]]), "exited 0"],
  ["5,001 types", () => program([[1, types(5_001)]]), INVALID],
  ["1,000,000 types", () => program([[1, many(1_000_000, [FUNC, 0, 0])]]), INVALID],
  ["1,000,000 empty groups of types", () => program([[1, many(1_000_000, [0x4e, 0])]]), INVALID],
  [
    "a group of 5,001 types",
    () => program([[1, Buffer.concat([Uint8Array.of(1, 0x4e), many(5_001, [FUNC, 0, 0])])]]),
    INVALID,
  ],
  [
    "a type of 1,001 parameters",
    () =>
      program([
        [
          1,
          Buffer.concat([Uint8Array.of(2, FUNC, 0, 0, FUNC), many(1_001, [I32]), Uint8Array.of(0)]),
        ],
      ]),
    INVALID,
  ],
  ["10,000 imports of one function", () => imports(10_000), "exited 0"],
  ["10,001 imports", () => imports(10_001), INVALID],
  ["1,000,000 imports", () => imports(1_000_000), INVALID],
  ["50,000 exports", () => exports(50_000), "exited 0"],
  ["50,001 exports", () => exports(50_001), INVALID],
  ["1,000,000 exports", () => program([[7, many(1_000_000, [...name("f"), 0, 0])]]), INVALID],
  [
    "1,000,000 globals",
    () => program([[6, many(1_000_000, [I32, 1, ...i32(7), END])]]),
    "exited 0",
  ],
  ["1,000,001 globals", () => program([[6, many(1_000_001, [I32, 1, ...i32(7), END])]]), INVALID],
  [
    "100,000 segments of data",
    () =>
      program([
        [5, [1, 0, 1]],
        [11, many(100_000, [0, ...i32(8), END, 1, 7])],
      ]),
    "exited 0",
  ],
  [
    "1,000,000 segments of data",
    () =>
      program([
        [5, [1, 0, 1]],
        [11, many(1_000_000, [1, 0])],
      ]),
    INVALID,
  ],
  [
    "1,000,000 segments of elements",
    () =>
      program([
        [4, [1, FUNCREF, 0, 1]],
        [9, many(1_000_000, [0, ...i32(0), END, 1, 0])],
      ]),
    "exited 0",
  ],
  [
    "1,000,000 elements in one segment",
    () =>
      program([
        [4, [1, FUNCREF, 0, ...leb(1_000_000)]],
        [9, Buffer.concat([Uint8Array.of(1, 0, ...i32(0), END), many(1_000_000, [0])])],
      ]),
    "exited 0",
  ],
  ["100,000 blocks in each other", () => nested(100_000, [0x02, EMPTY]), "exited 0"],
  ["1,000,000 blocks in each other", () => nested(1_000_000, [0x02, EMPTY]), "exited 0"],
  ["100,000 loops in each other", () => nested(100_000, [0x03, EMPTY]), "exited 0"],
  ["100,000 branches in each other", () => nested(100_000, [...i32(1), 0x04, EMPTY]), "exited 0"],
  ["a jump table of 65,000", () => brTable(65_000), "exited 0"],
  ["a jump table of 1,000,000", () => brTable(1_000_000), INVALID],
  ["a function of 10 MB", () => program([], new Uint8Array(10_000_000).fill(0x01)), INVALID],
  [
    "a custom section of 50 MB",
    () =>
      Buffer.concat([
        program([]),
        moduleOf([[0, Buffer.concat([Uint8Array.of(1, 0x61), new Uint8Array(5e7)])]]).subarray(8),
      ]),
    "exited 0",
  ],
  [
    "10,001 sections",
    () => Buffer.concat([program([]), many(9_997, [0, 1, 0]).subarray(2)]),
    INVALID,
  ],
];

describe("a module with", () => {
  test.each(cases)("%s", { timeout: MAX_MS + 10_000 }, async (_, module, expected) => {
    const bytes = module();
    const before = performance.now();
    expect(await runner.outcome(bytes)).toBe(expected);
    expect(performance.now() - before).toBeLessThan(MAX_MS);
  });
});

test("the app's event loop goes on while such modules are read and compiled", async () => {
  const bytes = [functions(100_000), exports(50_000), imports(10_000)];
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  for (const module of bytes) await runner.outcome(module);
  clearInterval(timer);
  // What the app's thread does for one of them takes some 50 ms on an idle machine.
  expect(longest).toBeLessThan(3_000);
});

test("after all of them, a module that loops is ended as ever", async () => {
  const limits = { timeoutMs: 100 };
  expect(await runner.outcome(program([], LOOP), { limits })).toBe("timeout 137");
});

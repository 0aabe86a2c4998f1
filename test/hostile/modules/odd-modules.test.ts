/** Modules that no compiler makes: each is refused with a code, or its end is the guest's own. */
import { isSafedockError, type Engine, type RunOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { coreModule, leb, name, section } from "../../wasm/module-bytes.js";
import {
  build,
  call,
  DROP,
  EMPTY,
  END,
  EXIT,
  EXTERNREF,
  F64,
  FUNCREF,
  I32,
  i32,
  I64,
  LOOP,
  start,
  V128,
  WASI,
} from "./build-module.js";
import { memory64 } from "./hostile-guest.js";

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
});

afterAll(() => fixture.close());

/** What a run came to: a reason with its code, or the code of an error. */
async function outcome(module: Uint8Array, options: RunOptions = {}): Promise<string> {
  try {
    const image = await engine.loadImage(module);
    const { reason, code } = await engine.run(image, {
      limits: { timeoutMs: 300, memoryBytes: 2 ** 20 },
      ...options,
    });
    return `${reason} ${code}`;
  } catch (error) {
    if (!isSafedockError(error)) throw error;
    return error.code;
  }
}

const cases: readonly (readonly [string, Uint8Array, string])[] = [
  ["no section at all", coreModule(), "ERR_MODULE_INVALID"],
  ["no _start", build({ exports: [] }), "ERR_MODULE_INVALID"],
  [
    "_start is a memory",
    build({ memories: [[0, 1]], exports: [[...name("_start"), 2, 0]] }),
    "ERR_MODULE_INVALID",
  ],
  ["_start takes an i32", build({ type: [[I32], []] }), "ERR_MODULE_INVALID"],
  ["_start takes an i64", build({ type: [[I64], []] }), "ERR_MODULE_INVALID"],
  ["_start takes a vector", build({ type: [[V128], []] }), "ERR_MODULE_INVALID"],
  ["_start gives an i32", build({ type: [[], [I32]], body: i32(7) }), "exited 0"],
  ["_start gives a vector", build({ type: [[], [V128]], body: [0x00] }), "ERR_MODULE_INVALID"],
  [
    "a struct, which lives where no limit holds",
    coreModule(section(1, [0x5f, 0])),
    "ERR_MODULE_INVALID",
  ],
  [
    "an array, which lives where no limit holds",
    coreModule(section(1, [0x5e, I64, 1])),
    "ERR_MODULE_INVALID",
  ],
  ["_start is an import", build({ imports: [EXIT], exports: [start(0)] }), "ERR_MODULE_INVALID"],
  ["no memory", build({}), "exited 0"],
  ["a memory that is not exported", build({ memories: [[0, 1]] }), "exited 0"],
  ["a memory of 0 pages", build({ memories: [[1, 0, 0]] }), "exited 0"],
  ["a memory larger than the limit", build({ memories: [[0, 17]] }), "limit 137"],
  ["a memory as large as the limit", build({ memories: [[0, 16]] }), "exited 0"],
  [
    "a memory whose minimum is over its maximum",
    build({ memories: [[1, 2, 1]] }),
    "ERR_MODULE_INVALID",
  ],
  ["a shared memory", build({ memories: [[3, 1, 1]] }), "exited 0"],
  ["a shared memory without a maximum", build({ memories: [[2, 1]] }), "ERR_MODULE_INVALID"],
  [
    "a memory of 64 bits",
    build({ memories: [[4, 1]] }),
    memory64 ? "exited 0" : "ERR_MODULE_INVALID",
  ],
  [
    "a memory of 64 bits, larger than any address",
    build({ memories: [[4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]] }),
    "ERR_MODULE_INVALID",
  ],
  [
    "two exports of one memory",
    build({
      memories: [[0, 1]],
      exports: [start(0), [...name("memory"), 2, 0], [...name("m"), 2, 0]],
    }),
    "exited 0",
  ],
  ["two exports of one name", build({ exports: [start(0), start(0)] }), "ERR_MODULE_INVALID"],
  ["an export beyond the last function", build({ exports: [start(9)] }), "ERR_MODULE_INVALID"],
  [
    "a function named memory",
    build({ exports: [start(0), [...name("memory"), 0, 0]] }),
    "exited 0",
  ],
  [
    "exports named as members of Object",
    build({
      exports: [
        start(0),
        ...["__proto__", "constructor", "toString", "then"].map((key) => [...name(key), 0, 0]),
      ],
    }),
    "exited 0",
  ],
  [
    "imports named as members of Object",
    build({
      imports: [
        ["__proto__", "toString", [], []],
        ["constructor", "constructor", [], []],
      ],
    }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "fields named as members of Object",
    build({
      imports: [
        [WASI, "__proto__", [], []],
        [WASI, "toString", [], []],
      ],
    }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "the host's name for memories as an import",
    build({ imports: [["safedock:memory", "0", [], []]], memories: [[0, 1]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "proc_exit with an i64",
    build({ imports: [[WASI, "proc_exit", [I64], []]], body: [0x42, 1, ...call(0)] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "proc_exit with a vector",
    build({ imports: [[WASI, "proc_exit", [V128], []]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "proc_exit with a result",
    build({ imports: [[WASI, "proc_exit", [I32], [I32]]], body: [...i32(0), ...call(0), DROP] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "sched_yield with a reference",
    build({ imports: [[WASI, "sched_yield", [EXTERNREF], [I32]]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "random_get with floats",
    build({ imports: [[WASI, "random_get", [F64, F64], [I32]]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "fd_write with no parameters",
    build({ imports: [[WASI, "fd_write", [], [I32]]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "fd_seek with four i32",
    build({ imports: [[WASI, "fd_seek", [I32, I32, I32, I32], [I32]]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  [
    "fd_close with two results",
    build({ imports: [[WASI, "fd_close", [I32], [I32, I32]]] }),
    "ERR_IMPORT_UNKNOWN",
  ],
  ["a start function that loops", build({ start: true, body: LOOP }), "timeout 137"],
  ["a start function that traps", build({ start: true, body: [0x00] }), "trapped 134"],
  [
    "a start function that exits",
    build({ imports: [EXIT], start: true, body: [...i32(9), ...call(0)] }),
    "exited 9",
  ],
  [
    "code of -1",
    build({ imports: [EXIT], body: [...i32(-1), ...call(0)] }),
    `exited ${2 ** 32 - 1}`,
  ],
  ["recursion without end", build({ body: call(0) }), "trapped 134"],
  [
    "data beyond the memory",
    build({ memories: [[0, 1]], data: [[0, ...i32(65_536), END, 1, 0]] }),
    "trapped 134",
  ],
  [
    "data in a memory that is not there",
    build({ data: [[0, ...i32(0), END, 1, 0]] }),
    "ERR_MODULE_INVALID",
  ],
  [
    "a table of a thousand million",
    build({ tables: [[FUNCREF, 0, ...leb(1e9)]] }),
    "ERR_MODULE_INVALID",
  ],
  [
    "a hundred and one tables",
    build({ tables: Array.from({ length: 101 }, () => [FUNCREF, 0, 1]) }),
    "ERR_MODULE_INVALID",
  ],
  [
    "ten large tables",
    build({ tables: Array.from({ length: 10 }, () => [EXTERNREF, 0, ...leb(100_001)]) }),
    "ERR_MODULE_INVALID",
  ],
  [
    "ten tables of a million elements in all",
    build({ tables: Array.from({ length: 10 }, () => [EXTERNREF, 0, ...leb(100_000)]) }),
    "exited 0",
  ],
  [
    "a table that grows without end",
    build({
      tables: [[EXTERNREF, 0, 0]],
      body: [
        0x03,
        EMPTY,
        0xd0,
        EXTERNREF,
        ...i32(100_000),
        0xfc,
        15,
        0,
        ...i32(-1),
        0x47,
        0x0d,
        0,
        END,
      ],
    }),
    "exited 0",
  ],
  [
    "a memory that grows without end",
    build({
      memories: [[0, 1]],
      body: [0x03, EMPTY, ...i32(1), 0x40, 0, ...i32(-1), 0x47, 0x0d, 0, END],
    }),
    "exited 0",
  ],
  [
    "a memory that grows by 4 GiB",
    build({ imports: [EXIT], memories: [[0, 1]], body: [...i32(-1), 0x40, 0, ...call(0)] }),
    `exited ${2 ** 32 - 1}`,
  ],
  ["fifty thousand locals", build({ locals: [1, ...leb(50_001), I64] }), "ERR_MODULE_INVALID"],
  [
    "locals of 2^32 in all",
    build({ locals: [2, ...leb(0xffff_ffff), I32, ...leb(0xffff_ffff), I32] }),
    "ERR_MODULE_INVALID",
  ],
];

describe("a module with", () => {
  test.each(cases)("%s", async (_, module, expected) => {
    expect(await outcome(module)).toBe(expected);
  });
});

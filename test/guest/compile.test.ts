import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GuestPool } from "../../dist/guest/pool.js";
import { coreModule, leb, moduleBytes, section } from "../wasm/module-bytes.js";
import { fixture, guestSpec } from "./fixture.js";

let pool: GuestPool;
let folder: string;
beforeAll(async () => {
  pool = new GuestPool({ workers: 1 });
  folder = await mkdtemp(join(tmpdir(), "safedock-compile-"));
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

let keys = 0;
const source = (bytes: Uint8Array) => ({ bytes, key: `key ${keys++}`, name: "it.wasm" });

/** Many functions that do nothing and answer 7, 65 bytes each. */
function largeModule(functions: number): Uint8Array {
  const count = leb(functions);
  const nops = new Uint8Array(60).fill(0x01);
  const one = Uint8Array.of(nops.length + 4, 0, ...nops, 0x41, 7, 0x0b);
  const body = Buffer.alloc(functions * one.length, one);
  return Buffer.concat([
    coreModule(section(1, [0x60, 0, 1, 0x7f])),
    Uint8Array.from([3, ...leb(count.length + functions), ...count]),
    new Uint8Array(functions),
    Uint8Array.from([10, ...leb(count.length + body.length), ...count]),
    body,
  ]);
}

test("reads a module out of the middle of a file", async () => {
  const file = join(folder, "tar");
  const bytes = fixture("hello");
  await writeFile(file, Buffer.concat([Buffer.alloc(1000, 1), bytes, Buffer.alloc(500, 2)]));
  const part = { file, offset: 1000, length: bytes.length, key: "part", name: "/hello.wasm" };
  const module = await pool.compile(part);
  expect(module).toMatchObject({ key: "part", name: "/hello.wasm", size: bytes.length });
  expect(module.imports.map(({ name }) => name)).toContain("fd_write");
  expect(module.exports.map(({ name }) => name)).toContain("_start");
  expect(module.memories).toEqual([{ initial: 2, shared: false, address64: false }]);
  const guest = pool.start(guestSpec(), module, { collect: true });
  expect(await guest.wait()).toMatchObject({ code: 0 });
  expect(await pool.compile(part)).toBe(module);
  await expect(pool.compile({ ...part, key: "cut", length: 10_000 })).rejects.toMatchObject({
    code: "ERR_WORKER_FAILED",
  });
});

test("compiles once for many callers", async () => {
  const wanted = source(fixture("hello"));
  const modules = await Promise.all(Array.from({ length: 5 }, () => pool.compile(wanted)));
  expect(new Set(modules).size).toBe(1);
});

test("names all imports that nobody provides", async () => {
  const bytes = moduleBytes.unknownImports(
    ["env", "emscripten_notify"],
    ["wasi_snapshot_preview1", "__proto__"],
    ["constructor", "name"],
  );
  await expect(pool.compile(source(bytes))).rejects.toMatchObject({
    code: "ERR_IMPORT_UNKNOWN",
    data: {
      imports: ["env.emscripten_notify", "wasi_snapshot_preview1.__proto__", "constructor.name"],
    },
  });
});

test("refuses functions of preview 1 that are imported with another type", async () => {
  await expect(pool.compile(source(moduleBytes.mistypedImport("fd_write")))).rejects.toMatchObject({
    code: "ERR_IMPORT_UNKNOWN",
    data: { imports: ["wasi_snapshot_preview1.fd_write: (i64) -> ()"] },
  });
});

test("refuses what is no core module, does not validate or is too large", async () => {
  const cases: [Uint8Array, string][] = [
    [moduleBytes.component(), "ERR_COMPONENT_UNSUPPORTED"],
    [new Uint8Array(0), "ERR_MODULE_INVALID"],
    [new TextEncoder().encode("#!/bin/sh\necho"), "ERR_MODULE_INVALID"],
    [fixture("hello").subarray(0, 300), "ERR_MODULE_INVALID"],
    [
      coreModule(section(1, [0x60, 0, 0]), section(3, [0]), section(10, [2, 0, 0x6a])),
      "ERR_MODULE_INVALID",
    ],
  ];
  for (const [bytes, code] of cases) {
    await expect(pool.compile(source(bytes))).rejects.toMatchObject({ code });
  }
  await expect(pool.compile(source(fixture("hello")), { maxBytes: 100 })).rejects.toMatchObject({
    code: "ERR_MODULE_TOO_LARGE",
    data: { limit: 100 },
  });
});

test("gives V8's reason for a module that does not validate", async () => {
  const bytes = coreModule(
    section(1, [0x60, 0, 0]),
    section(3, [0]),
    section(10, [3, 0, 0x6a, 0x0b]),
  );
  await expect(pool.compile(source(bytes))).rejects.toMatchObject({
    data: { problem: expect.stringContaining("i32.add") as string },
  });
});

test("leaves the event loop free while a large module compiles", async () => {
  const bytes = largeModule(200_000);
  let worst = 0;
  let last = performance.now();
  const ticker = setInterval(() => {
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  }, 2);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const file = join(folder, "large");
  await writeFile(file, bytes);
  worst = 0;
  const before = performance.now();
  await pool.compile({ file, offset: 0, length: bytes.length, key: "large", name: "large" });
  const took = performance.now() - before;
  clearInterval(ticker);
  expect(worst).toBeLessThan(Math.max(60, took / 3));
});

test("an abort rejects with the signal's reason and frees the worker", async () => {
  const reason = new Error("changed my mind");
  const controller = new AbortController();
  const compiling = pool.compile(source(largeModule(200_000)), { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(compiling).rejects.toBe(reason);
  await expect(pool.compile(source(fixture("hello")), { signal: controller.signal })).rejects.toBe(
    reason,
  );
  expect(await pool.compile(source(fixture("hello")))).toMatchObject({ name: "it.wasm" });
});

import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWorld } from "../../src/image/read-world.js";
import { temporaryRoot, type TemporaryRoot } from "../content/store-fixture.js";
import { guestBytes } from "../engine/guests.js";
import { component, componentHead, nameBytes, leb, section } from "../images/component.js";

let root: TemporaryRoot;

beforeAll(async () => {
  root = await temporaryRoot();
});

afterAll(async () => root[Symbol.asyncDispose]());

async function worldOf(bytes: Uint8Array) {
  const file = join(root.path, "module");
  await writeFile(file, Buffer.concat([Buffer.from("before"), bytes, Buffer.from("behind")]));
  return readWorld({ file, offset: 6, length: bytes.length });
}

const head = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
/** A core module that imports one function from `module`, and exports functions of these names. */
const core = (module: string, names: readonly string[]) =>
  Buffer.concat([
    head,
    section(1, [1, 0x60, 0, 0]),
    section(2, [1, ...nameBytes(module), ...nameBytes("f"), 0, 0]),
    section(7, [...leb(names.length), ...names.flatMap((name) => [...nameBytes(name), 0, 0])]),
  ]);

test.each([
  ["wasi_snapshot_preview1", ["_start", "_initialize"], { kind: "command", wasi: "preview1" }],
  ["wasi_snapshot_preview1", ["_initialize", "add"], { kind: "reactor", wasi: "preview1" }],
  ["wasi_unstable", ["_start"], { kind: "command", wasi: "preview0" }],
  ["env", ["proxy_on_request_headers"], { kind: "exports" }],
] as const)("core module, imports %s, exports %o", async (module, exports, world) => {
  expect(await worldOf(core(module, exports))).toEqual({
    ...world,
    imports: [`${module}.f`],
    exports,
  });
});

test.each([
  ["wasi:cli/run@0.2.3", { kind: "command", wasi: "0.2" }],
  ["wasi:cli/run@0.3.0-rc-2026-01-01", { kind: "command", wasi: "0.3" }],
  ["wasi:http/incoming-handler@0.2.0", { kind: "http", wasi: "0.2" }],
  ["wasi:http/handler@0.3.0", { kind: "http", wasi: "0.3" }],
  ["fermyon:spin/inbound-http", { kind: "http" }],
  ["wasi:cli/runner@0.2.0", { kind: "exports", wasi: "0.2" }],
  ["acme:text/upper@1.0.0", { kind: "exports" }],
] as const)("component that exports %s", async (name, world) => {
  const bytes = component({ imports: [], exports: [name] });
  expect(await worldOf(bytes)).toEqual({ ...world, imports: [], exports: [name] });
});

test("a real command", async () => {
  const world = await worldOf(await guestBytes("hello"));
  expect(world).toMatchObject({ kind: "command", wasi: "preview1" });
  expect(world?.imports).toContain("wasi_snapshot_preview1.fd_write");
  expect(world?.exports).toEqual(["memory", "_start"]);
});

test("names are listed up to 100, cut and cleaned", async () => {
  const names = Array.from({ length: 150 }, (_, i) => `${i}${"x".repeat(i === 0 ? 500 : 0)}`);
  const world = await worldOf(core("env", ["\u202Eevil\n", ...names]));
  expect(world?.exports).toHaveLength(100);
  expect(world?.exports[0]).toBe("?evil?");
  expect(world?.exports[1]).toHaveLength(201);
});

test("a module of 3 GiB costs some small reads", async () => {
  const path = join(root.path, "large");
  const last = section(7, [1, ...nameBytes("_start"), 0, 0]);
  const size = 3 * 2 ** 30;
  const file = await open(path, "w");
  await file.write(Buffer.concat([head, Buffer.from([10, ...leb(size)])]), 0, undefined, 0);
  const end = head.length + 1 + leb(size).length + size;
  await file.write(last, 0, undefined, end);
  await file.close();
  const before = process.memoryUsage().rss;
  const world = await readWorld({ file: path, offset: 0, length: end + last.length });
  expect(world).toEqual({ kind: "command", imports: [], exports: ["_start"] });
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
});

test.each([
  ["cut short", async () => (await guestBytes("hello")).subarray(0, 100)],
  ["more names than are read", () => Buffer.concat([head, section(7, Buffer.alloc(5 * 2 ** 20))])],
  ["too many sections", () => Buffer.concat([componentHead, Buffer.alloc(2 * 100_001)])],
  ["not WebAssembly", () => Buffer.from("\x7fELF and more")],
] as const)("no world, and no error: %s", async (_, make) => {
  expect(await worldOf(await make())).toBeUndefined();
});

/** Tables with 64-bit indices: bounded as others are, and refused where Node has none. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { name } from "../../wasm/module-bytes.js";
import { type Bytes, build, call, END, FUNCREF, I32, WASI } from "./build-module.js";
import { ModuleRunner } from "./module-runner.js";

let runner: ModuleRunner;

beforeAll(async () => {
  runner = await ModuleRunner.open();
});

afterAll(() => runner.close());

const NULL_FUNCTION = [0xd0, FUNCREF];
const TABLE_GROW = [0xfc, 0x0f, 0];
const TABLE_SIZE = [0xfc, 0x10, 0];
const GROWS = [0x42, 0x7f, 0x52]; // is not i64 -1
const LARGEST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
/** 2 ** 62 as an i64. */
const WILD = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00];
const THOUSAND = [0xe8, 0x07];

/** Grows its table until it may no more; its exit code is the table's size. */
function growing(...limits: Bytes): Uint8Array {
  const grow = (by: Bytes) => [...NULL_FUNCTION, 0x42, ...by, ...TABLE_GROW, ...GROWS];
  const until = (by: Bytes) => [0x03, 0x40, ...grow(by), 0x0d, 0, END];
  return build({
    imports: [[WASI, "proc_exit", [I32], []]],
    tables: [[FUNCREF, ...limits]],
    memories: [[0, 1]],
    exports: [
      [...name("_start"), 0, 1],
      [...name("memory"), 2, 0],
    ],
    body: [...until(WILD), ...until(THOUSAND), ...until([1]), ...TABLE_SIZE, 0xa7, ...call(0)],
  });
}

/** Node 24 and later. */
const table64 = WebAssembly.validate(growing(4, 0));
const tableElements = 5_500;

test.each([
  ["without a maximum", growing(4, 0), tableElements],
  ["with the largest maximum", growing(5, 0, ...LARGEST), tableElements],
  ["with a maximum below the limit", growing(5, 7, 0x80, 0x20), 4096],
])("%s: grows to the limit at most", async (_, module, size) => {
  expect(await runner.outcome(module, { limits: { tableElements } })).toBe(
    table64 ? `exited ${size}` : "ERR_MODULE_INVALID",
  );
});

test.each([
  ["one more than the limit", growing(4, 0xfd, 0x2a)],
  ["2 ** 64 - 1", growing(4, ...LARGEST)],
  ["a number of 65 bits", growing(4, ...LARGEST.slice(0, 9), 0x03)],
])("that begins with %s is refused", async (_, module) => {
  expect(await runner.outcome(module, { limits: { tableElements } })).toBe("ERR_MODULE_INVALID");
});

test("an image of one says so among its requirements, whatever Node it is", async () => {
  const image = await runner.engine.loadImage(growing(5, 7, 0x80, 0x20));
  const { programs } = await runner.engine.requirements(image);
  expect(programs[0]?.tables).toEqual([{ minimum: 7, maximum: 4096 }]);
});

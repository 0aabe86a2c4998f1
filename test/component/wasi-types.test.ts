/** Functions of WASI 0.2 that a component declares with types of its own. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { mistakenType } from "../../src/component/mistaken-type.js";
import { WASI_SIGNATURES } from "../../src/component/wasi-signatures.js";
import { readWorldTypes } from "../../src/wasm/world/read-world-types.js";
import { componentBytes, endComponentTexts } from "../support/component-text.js";

const guests = new URL("../guests/components/", import.meta.url);
const COMPONENT_VERSION = 0x0d;

afterAll(endComponentTexts);

const importing = async (
  name: string,
  ...exports: readonly string[]
): Promise<string | undefined> =>
  mistakenType(
    readWorldTypes(
      await componentBytes(`(component (import "${name}" (instance ${exports.join(" ")})))`),
    ),
  );
const exported = (name: string, type: string): string => `(export "${name}" (func ${type}))`;

test("the table is what the packages of WASI 0.2 say", () => {
  const script = fileURLToPath(new URL("../../scripts/wasi-signatures.mjs", import.meta.url));
  const said = execFileSync(process.execPath, [script, "--json"], { encoding: "utf8" });
  expect([...WASI_SIGNATURES]).toEqual(JSON.parse(said));
});

test("no component that tools have made has another type", () => {
  const components = readdirSync(guests, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wasm"))
    .map((file) => readFileSync(new URL(file, guests)))
    .filter((bytes) => bytes[4] === COMPONENT_VERSION);
  expect(components.length).toBeGreaterThan(50);
  for (const bytes of components) expect(mistakenType(readWorldTypes(bytes))).toBeUndefined();
});

describe("a declared type", () => {
  const stream = `(export "input-stream" (type $stream (sub resource)))`;
  const read = (self: string, result: string): string =>
    exported("[method]input-stream.skip", `(param "self" ${self}) (param "len" u64) ${result}`);
  const datetime = (...fields: string[]): readonly string[] => [
    `(type $raw (record ${fields.join(" ")}))`,
    `(export "datetime" (type $datetime (eq $raw)))`,
    exported("now", "(result $datetime)"),
  ];

  test.each([
    ["parameter more", "wasi:random/random@0.2.0", "get-random-u64", `(param "a" u8) (result u64)`],
    ["parameter less", "wasi:random/random@0.2.3", "get-random-bytes", "(result (list u8))"],
    ["result", "wasi:random/random@0.2.12", "get-random-u64", "(result u32)"],
    ["missing result", "wasi:random/random@0.2.0", "get-random-u64", ""],
    ["element", "wasi:cli/environment@0.2.0", "get-arguments", "(result (list u8))"],
    ["case", "wasi:cli/exit@0.2.0", "exit", `(param "status" (result (error u8)))`],
    ["of a later version", "wasi:random/random@0.2.99", "get-random-u64", "(result s64)"],
  ])("with another %s is mistaken", async (_, name, item, type) => {
    const expected = `its ${name}#${item} has another type than WASI's`;
    expect(await importing(name, exported(item, type))).toBe(expected);
  });

  test("with another resource, or an owned one, is mistaken", async () => {
    const name = "wasi:io/streams@0.2.0";
    const error = `(export "stream-error" (type (sub resource)))`;
    const own = read("(own $stream)", "(result (result u64))");
    expect(await importing(name, stream, error, own)).toMatch(/skip has another type/);
  });

  test("with another field, or fields in another order, is mistaken", async () => {
    const name = "wasi:clocks/wall-clock@0.2.0";
    const [seconds, nanoseconds] = [`(field "seconds" u64)`, `(field "nanoseconds" u32)`];
    expect(await importing(name, ...datetime(seconds, nanoseconds))).toBeUndefined();
    for (const fields of [
      [nanoseconds, seconds],
      [seconds],
      [seconds, `(field "nanos" u32)`],
      [seconds, `(field "nanoseconds" u64)`],
    ]) {
      expect(await importing(name, ...datetime(...fields))).toMatch(/#now has another type/);
    }
  });

  test("of a function that WASI does not have, or of another interface, is nobody's", async () => {
    const type = `(param "a" string)`;
    expect(await importing("wasi:random/random@0.2.0", exported("more", type))).toBeUndefined();
    expect(await importing("acme:random/random", exported("now", type))).toBeUndefined();
  });

  test("that doubles with each of ninety levels is told in no time", async () => {
    const levels = Array.from(
      { length: 90 },
      (_, level) => `(type $t${level + 1} (tuple $t${level} $t${level}))`,
    );
    const types = [`(type $t0 (tuple u8 u8))`, ...levels].join("\n");
    const bytes = await componentBytes(`(component ${types}
      (type $random (instance
        (alias outer 1 $t90 (type $deep))
        (export "get-random-u64" (func (result $deep)))))
      (import "wasi:random/random@0.2.0" (instance (type $random))))`);
    expect(mistakenType(readWorldTypes(bytes))).toMatch(/another type/);
  });
});

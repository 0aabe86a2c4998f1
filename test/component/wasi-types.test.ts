/** Functions of WASI 0.2, and of the drafts beside it, that a component declares with types of its own. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { mistakenType } from "../../src/component/mistaken-type.js";
import { transpileComponent } from "../../src/component/transpile-component.js";
import { unknownImports } from "../../src/component/unknown-imports.js";
import { WASI_SIGNATURES } from "../../src/component/wasi-signatures.js";
import { createPreview2 } from "../../src/wasi/preview2/index.js";
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

test("the table is what the packages of WASI 0.2 and the drafts' WIT say", () => {
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
  for (const world of components.map((bytes) => readWorldTypes(bytes))) {
    expect(mistakenType(world)).toBeUndefined();
    expect(unknownImports(world)).toEqual([]);
  }
});

describe("of a draft, a declared type", () => {
  const config = (name: string): readonly string[] => [
    `(type $raw (variant (case "upstream" string) (case "${name}" string)))`,
    `(export "error" (type $error (eq $raw)))`,
  ];
  const bucket = `(export "bucket" (type $bucket (sub resource)))`;
  const error = (...cases: readonly string[]): readonly string[] => [
    `(type $raw-error (variant ${cases.join(" ")}))`,
    `(export "error" (type $error (eq $raw-error)))`,
  ];
  const whole = error(`(case "no-such-store")`, `(case "access-denied")`, `(case "other" string)`);
  const page = (cursor: string): readonly string[] => [
    `(type $raw-page (record (field "keys" (list string)) (field "cursor" ${cursor})))`,
    `(export "key-response" (type $page (eq $raw-page)))`,
  ];
  const listKeys = (given: string): string =>
    exported(
      "[method]bucket.list-keys",
      `(param "self" (borrow $bucket)) (param "cursor" ${given}) (result (result $page (error $error)))`,
    );

  test.each([
    ["runtime@0.2.0-draft", "get", `(param "key" string) (result (result string (error $error)))`],
    ["runtime@0.2.0-draft", "get-all", "(result (list string))"],
    ["store@0.2.0-rc.1", "get", `(param "key" u32) (result (option string))`],
    ["store@0.2.0-rc.1", "get", "(result (option string))"],
    ["store@0.2.0-rc.1", "get", `(param "key" string) (result (option (list u8)))`],
    ["store@0.2.0", "get-all", "(result u64)"],
  ])("wasi:config/%s#%s %s is mistaken", async (name, item, type) => {
    const said = await importing(`wasi:config/${name}`, ...config("io"), exported(item, type));
    expect(said).toBe(`its wasi:config/${name}#${item} has another type than WASI's`);
  });

  test("wasi:config has results of its error alone, or none", async () => {
    const failing = exported(
      "get-all",
      "(result (result (list (tuple string string)) (error $error)))",
    );
    const plain = exported("get-all", "(result (list (tuple string string)))");
    for (const name of ["wasi:config/store@0.2.0-rc.1", "wasi:config/store@0.2.0-draft"]) {
      expect(await importing(name, ...config("io"), failing)).toBeUndefined();
      expect(await importing(name, plain)).toBeUndefined();
      expect(await importing(name, ...config("file"), failing)).toMatch(/#get-all has another/);
    }
    expect(await importing("wasi:config/runtime@0.2.0-draft", plain)).toMatch(/another type/);
  });

  test("wasi:keyvalue has cursors that are numbers or texts, the same in both places", async () => {
    const [number, text] = ["(option u64)", "(option string)"] as const;
    for (const name of ["wasi:keyvalue/store@0.2.0-draft", "wasi:keyvalue/store@0.2.0-draft2"]) {
      const said = (given: string, told: string): Promise<string | undefined> =>
        importing(name, bucket, ...whole, ...page(told), listKeys(given));
      expect(await said(number, number)).toBeUndefined();
      expect(await said(text, text)).toBeUndefined();
      for (const [given, told] of [
        [number, text],
        [text, number],
        ["(option u32)", "(option u32)"],
        ["string", "string"],
      ] as const) {
        expect(await said(given, told)).toBe(
          `its ${name}#[method]bucket.list-keys has another type than WASI's`,
        );
      }
    }
  });

  test.each([
    ["get", `(param "key" string) (result (result (list u8) (error $error)))`],
    ["get", `(param "key" (list u8)) (result (result (option (list u8)) (error $error)))`],
    ["set", `(param "key" string) (param "value" string) (result (result (error $error)))`],
    ["set", `(param "key" string) (param "value" (list u8)) (result (result u8 (error $error)))`],
    ["delete", `(param "key" string)`],
    ["exists", `(param "key" string) (result (result u8 (error $error)))`],
  ])("wasi:keyvalue's bucket.%s %s is mistaken", async (item, type) => {
    const name = "wasi:keyvalue/store@0.2.0-draft2";
    const method = exported(`[method]bucket.${item}`, `(param "self" (borrow $bucket)) ${type}`);
    const said = await importing(name, bucket, ...whole, method);
    expect(said).toBe(`its ${name}#[method]bucket.${item} has another type than WASI's`);
  });

  test("wasi:keyvalue's stores open by a text, to a bucket or one of three errors", async () => {
    const name = "wasi:keyvalue/store@0.2.0-draft";
    const open = (given: string): string =>
      exported(
        "open",
        `(param "identifier" ${given}) (result (result (own $bucket) (error $error)))`,
      );
    expect(await importing(name, bucket, ...whole, open("string"))).toBeUndefined();
    expect(await importing(name, bucket, ...whole, open("u32"))).toMatch(/#open has another type/);
    const fewer = error(`(case "no-such-store")`, `(case "other" string)`);
    expect(await importing(name, bucket, ...fewer, open("string"))).toMatch(/#open has another/);
  });

  test.each([
    ["u64", "u64", undefined],
    ["s64", "s64", undefined],
    ["u64", "s64", /#increment has another type/],
    ["s32", "s32", /#increment has another type/],
    ["string", "string", /#increment has another type/],
  ])("wasi:keyvalue's increment of %s to %s: %s", async (delta, sum, expected) => {
    const said = await importingAtomics(
      exported(
        "increment",
        `(param "bucket" (borrow $own-bucket)) (param "key" string) (param "delta" ${delta})
         (result (result ${sum} (error $own-error)))`,
      ),
    );
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(expected);
  });

  test("wasi:keyvalue's swap of a handle that is lent is mistaken", async () => {
    const cas = `(export "cas" (type $cas (sub resource)))`;
    const swap = (handle: string): readonly string[] => [
      cas,
      `(type $raw (variant (case "store-error" $own-error) (case "cas-failed" (own $cas))))`,
      `(export "cas-error" (type $cas-error (eq $raw)))`,
      exported(
        "swap",
        `(param "cas" (${handle} $cas)) (param "value" (list u8)) (result (result (error $cas-error)))`,
      ),
    ];
    expect(await importingAtomics(...swap("own"))).toBeUndefined();
    expect(await importingAtomics(...swap("borrow"))).toMatch(/#swap has another type/);
  });

  test.each([
    [
      "get-many",
      `(param "keys" (list string)) (result (result (list (list u8)) (error $own-error)))`,
    ],
    ["set-many", `(param "pairs" (list string)) (result (result (error $own-error)))`],
    ["delete-many", `(param "keys" (list u64)) (result (result (error $own-error)))`],
  ])("wasi:keyvalue's %s %s is mistaken", async (item, type) => {
    const said = await importingBeside(
      "wasi:keyvalue/batch@0.2.0-draft2",
      exported(item, `(param "bucket" (borrow $own-bucket)) ${type}`),
    );
    expect(said).toBe(`its wasi:keyvalue/batch@0.2.0-draft2#${item} has another type than WASI's`);
  });

  test.each([
    ["wasi:logging/logging", ["trace", "debug", "info", "warn", "error", "critical"], undefined],
    ["wasi:logging/logging@0.1.0-draft", ["debug", "info", "warn", "error"], /#log has another/],
    ["wasi:logging/logging", ["critical", "error", "warn", "info", "debug", "trace"], /another/],
  ])("%s with the levels %j: %s", async (name, levels, expected) => {
    const said = await importing(
      name,
      `(type $raw (enum ${levels.map((level) => `"${level}"`).join(" ")}))`,
      `(export "level" (type $level (eq $raw)))`,
      exported("log", `(param "level" $level) (param "context" string) (param "message" string)`),
    );
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(expected);
  });

  const importingAtomics = (...exports: readonly string[]): Promise<string | undefined> =>
    importingBeside("wasi:keyvalue/atomics@0.2.0-draft2", ...exports);
  /** With the types of wasi:keyvalue/store at hand. */
  const importingBeside = async (
    name: string,
    ...exports: readonly string[]
  ): Promise<string | undefined> =>
    mistakenType(
      readWorldTypes(
        await componentBytes(`(component
          (import "wasi:keyvalue/store@0.2.0-draft2" (instance $store ${bucket} ${whole.join(" ")}))
          (alias export $store "bucket" (type $bucket))
          (alias export $store "error" (type $error))
          (import "${name}" (instance
            (alias outer 1 $bucket (type $its-bucket))
            (export "bucket" (type $own-bucket (eq $its-bucket)))
            (alias outer 1 $error (type $its-error))
            (export "error" (type $own-error (eq $its-error)))
            ${exports.join(" ")})))`),
      ),
    );
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

describe("functions that WASI does not have", () => {
  const importingBytes = (name: string, ...items: readonly string[]): Promise<Uint8Array> => {
    const functions = items.map((item) => exported(item, "")).join(" ");
    return componentBytes(`(component (import "${name}" (instance ${functions})))`);
  };
  const unknown = async (name: string, ...items: readonly string[]): Promise<readonly string[]> =>
    unknownImports(readWorldTypes(await importingBytes(name, ...items)));

  test.each([
    "wasi:clocks/timezone@0.2.0",
    "wasi:keyvalue/watcher@0.2.0-draft2",
    "wasi:config/store@0.2.0-rc.1",
    "wasi:logging/logging",
    "wasi:http/incoming-handler@0.2.3",
    "wasi:cli/run@0.2.0",
  ])("are named, of %s", async (name) => {
    expect(await unknown(name, "more", "to-string")).toEqual([`${name}#more`, `${name}#to-string`]);
  });

  test("are also those that a guest has to give", async () => {
    expect(await unknown("wasi:cli/run@0.2.0", "run")).toEqual(["wasi:cli/run@0.2.0#run"]);
    const handler = "wasi:http/incoming-handler@0.2.3";
    expect(await unknown(handler, "handle")).toEqual([`${handler}#handle`]);
  });

  test("are none of other packages, and none of an interface without functions", async () => {
    expect(await unknown("acme:random/random", "more")).toEqual([]);
    expect(await unknown("wasi:elsewhere/random", "more")).toEqual([]);
    expect(await unknown("wasi:clocks/timezone@0.2.0")).toEqual([]);
  });

  test("are all that the host does not provide, and no others", () => {
    const { imports } = createPreview2();
    const provided = Object.entries(imports).flatMap(([name, given]) =>
      Object.entries(given as object).flatMap(([item, value]: [string, unknown]) =>
        foundIn(item, value).map((each) => `${name}#${each}`),
      ),
    );
    const known = [...WASI_SIGNATURES.keys()]
      .filter((key) => !/^wasi:(?:cli\/run|http\/incoming-handler)#/.test(key))
      // Whether a guest may make objects of a class is not seen of the class.
      .filter((key) => !key.includes("[constructor]"))
      .map(sought);
    expect(provided.length).toBeGreaterThan(150);
    expect(new Set(provided)).toEqual(new Set(known));
  });

  test("are refused before anything is made of them", async () => {
    const names = Array.from({ length: 22 }, (_, index) => `more-${index}`);
    const bytes = await importingBytes("wasi:random/random@0.2.0", "to-string", ...names);
    const load = (): never => {
      throw new Error("jco was asked");
    };
    const order = { component: "/main.wasm", key: "" };
    await expect(transpileComponent(bytes, order, load)).rejects.toMatchObject({
      code: "ERR_IMPORT_UNKNOWN",
      message: expect.stringMatching(
        /^\/main\.wasm imports .*: wasi:random\/random@0\.2\.0#to-string, .*#more-18 and 3 more \(build/,
      ),
      data: {
        module: "/main.wasm",
        imports: ["to-string", ...names].map((name) => `wasi:random/random@0.2.0#${name}`),
      },
    });
  });

  /** As jco's code looks for it: `wasi:io/poll#Pollable.ready`. */
  function sought(key: string): string {
    const [, name = "", resource, item = ""] =
      /^(.*#)(?:\[[a-z]+\]([a-z0-9-]+)\.)?(.+)$/.exec(key) ?? [];
    if (resource === undefined) return `${name}${camel(item)}`;
    return `${name}${camel(`-${resource}`)}.${camel(item)}`;
  }

  function camel(text: string): string {
    return text.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  }

  /** A function by its name, a class by its methods. */
  function foundIn(name: string, value: unknown): readonly string[] {
    if (typeof value !== "function" || !/^[A-Z]/.test(name)) return [name];
    const { prototype } = value as { readonly prototype: object };
    const own = Object.getOwnPropertyNames(value).filter(
      (each) => !["length", "name", "prototype"].includes(each),
    );
    const methods = Object.getOwnPropertyNames(prototype).filter((each) => each !== "constructor");
    return [...own, ...methods].map((each) => `${name}.${each}`);
  }
});

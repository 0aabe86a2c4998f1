/** What `container.call` takes and refuses, and how it finds functions. */
import { fileURLToPath } from "node:url";
import type { ComponentResource, Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { endOf, IMPORTS, kindsIn, rejection } from "./kinds.js";

let fixture: TestEngine;
let container: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  container = await kindsIn(fixture.engine);
});

afterAll(() => fixture.close());

describe("a value that does not fit is refused with its place:", () => {
  const person = { name: "Ada", age: 36, tags: [] };
  it.each<[string, unknown, string]>([
    ["bool", 1, "v: must be a boolean, not 1"],
    ["u8", 256, "v: must be an integer from 0 to 255, not 256"],
    ["u8", -1, "v: must be an integer from 0 to 255, not -1"],
    ["u8", 1.5, "not 1.5"],
    ["u8", "1", 'not "1"'],
    ["u8", undefined, "not undefined"],
    ["s8", 128, "from -128 to 127"],
    ["u16", 65_536, "from 0 to 65535"],
    ["u32", 2 ** 32, "from 0 to 4294967295"],
    ["s32", 2 ** 31, "from -2147483648 to 2147483647"],
    ["u64", 1, "v: must be a bigint from 0 to 18446744073709551615, not 1"],
    ["u64", -1n, "not -1n"],
    ["s64", 2n ** 63n, "not 9223372036854775808n"],
    ["f64", "0", "v: must be a number"],
    ["char", "ab", "v: must be one character"],
    ["char", "", "v: must be one character"],
    ["char", "\ud800", "v: must be one character"],
    ["string", "\udc00", "v: must be well-formed text"],
    ["string", { toString: () => "x" }, "not an object"],
    ["bytes", [1, 256], "v[1]: must be an integer from 0 to 255"],
    ["bytes", "abc", "v: must be an array"],
    ["numbers", [1n, 2], "v[1]: must be a bigint"],
    ["points", [{ x: 1, y: 2 }, { x: 1 }], "v[1].y: must be an integer"],
    ["points", [{ x: 1, y: 2, z: 3 }], 'v[0]: there is no field "z", but x, y'],
    ["color", "purple", "v: must be one of red, green, blue"],
    ["permissions", { read: 1 }, "v.read: must be a boolean"],
    ["permissions", { fly: true }, 'v: there is no flag "fly"'],
    ["person", { ...person, tags: ["a", 1] }, "v.tags[1]: must be well-formed text"],
    ["person", { ...person, email: 1 }, "v.email: must be well-formed text"],
    ["person", null, "v: must be an object"],
    ["shape", { tag: "square" }, "v.tag: must be one of nothing, circle"],
    ["shape", { tag: "nothing", val: 1 }, "v.val: the case nothing has no value"],
    ["shape", { tag: "rectangle", val: [1] }, "v.val: must have 2 elements, not 1"],
    ["pair", [1], "v: must have 2 elements, not 1"],
    ["option", "1", "v: must be an integer"],
    ["nested-option", 1, "v: must be an object"],
    ["result", { tag: "ok", val: "1" }, "v.val: must be an integer"],
  ])("%s %o", async (kind, value, problem) => {
    const error = await rejection(container.call(`acme:kinds/values#echo-${kind}`, value));
    expect(error).toMatchObject({
      code: "ERR_CALL_INVALID",
      data: { function: `acme:kinds/values@1.2.0#echo-${kind}` },
    });
    expect((error.data as { problem: string }).problem).toContain(problem);
  });

  it("too many arguments, and too few", async () => {
    expect(await rejection(container.call("add", 1, 2, 3))).toMatchObject({
      data: { problem: "args: it takes 2, not 3" },
    });
    expect(await rejection(container.call("add", 1))).toMatchObject({
      data: { problem: "b: must be an integer from 0 to 4294967295, not undefined" },
    });
  });

  it("and the instance goes on as it was", async () => {
    const count = (await container.call("count")) as number;
    await rejection(container.call("add", "1", 2));
    expect(await container.call("count")).toBe(count + 1);
  });
});

describe("a value is copied when it is given:", () => {
  it("what is changed while the call waits changes nothing", async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const point = { x: 1, y: 2 };
    const [first, second] = [
      container.call("acme:kinds/values#echo-bytes", bytes),
      container.call("acme:kinds/values#echo-points", [point]),
    ];
    bytes.fill(9);
    point.x = 9;
    expect(await first).toEqual(new Uint8Array([1, 2, 3]));
    expect(await second).toEqual([{ x: 1, y: 2 }]);
  });

  it("part of a larger buffer, and large ones", async () => {
    const whole = Buffer.from("0123456789");
    const echo = (value: unknown) => container.call("acme:kinds/values#echo-bytes", value);
    expect(await echo(whole.subarray(2, 5))).toEqual(new Uint8Array([50, 51, 52]));
    const large = new Uint8Array(3 * 2 ** 20).map((_, index) => index % 251);
    expect(Buffer.from((await echo(large)) as Uint8Array).equals(large)).toBe(true);
    const edges = ["", "x".repeat(64), "x".repeat(65), "x".repeat(2 ** 14), "é".repeat(2 ** 14)];
    for (const text of [...edges, "plain ".repeat(400_000), "grüße ".repeat(200_000)]) {
      expect(await container.call("acme:kinds/values#echo-string", text)).toBe(text);
    }
    const bom = `\ufeff${"x".repeat(20_000)}`;
    expect(await container.call("acme:kinds/values#echo-string", bom)).toBe(bom);
  });
});

describe("a function is found", () => {
  it.each([
    "acme:kinds/values#echo-u8",
    "acme:kinds/values#echoU8",
    "acme:kinds/values@1.2.0#echo-u8",
    "acme:kinds/values@1.1.7#echo-u8",
    "acme:kinds/values@1.0.0#echo-u8",
  ])("%s", async (name) => {
    expect(await container.call(name, 7)).toBe(7);
  });

  it.each([
    "acme:kinds/values@1.2.1#echo-u8",
    "acme:kinds/values@2.0.0#echo-u8",
    "acme:kinds/values@0.2.0#echo-u8",
    "acme:kinds/values@1.2.0-rc.1#echo-u8",
    "acme:kinds/value#echo-u8",
    "acme:kinds/values#echo",
    "values#echo-u8",
    "echo-u8",
    "acme:kinds/values",
    "",
    "#",
    "__proto__",
    "constructor",
    "acme:kinds/values#__proto__",
  ])("or not: %s", async (name) => {
    expect(await rejection(container.call(name, 7))).toMatchObject({ code: "ERR_CALL_INVALID" });
  });

  it("only in a component", async () => {
    const path = fileURLToPath(new URL("../guests/c/binary-output.wasm", import.meta.url));
    await using core = await fixture.engine.createContainer(await fixture.engine.loadImage(path));
    expect(await rejection(core.call("_start"))).toMatchObject({ code: "ERR_CALL_INVALID" });
  });
});

describe("a resource", () => {
  const NEW = "acme:kinds/store#[constructor]bucket";
  const DESCRIBE = "acme:kinds/store#describe";
  const make = async (from: Container) => (await from.call(NEW, "one")) as ComponentResource;

  it("of another container, or of none, is refused", async () => {
    await using other = await kindsIn(fixture.engine);
    const bucket = await make(other);
    for (const value of [bucket, {}, null, 1, { "#resource": 1 }]) {
      expect(await rejection(container.call(DESCRIBE, value))).toMatchObject({
        code: "ERR_CALL_INVALID",
      });
    }
  });

  it("cannot be given away twice in one call, nor lent in the same", async () => {
    const bucket = await make(container);
    const merge = container.call("acme:kinds/store#[static]bucket.merge", bucket, bucket);
    expect(await rejection(merge)).toMatchObject({ code: "ERR_CALL_INVALID" });
    expect(await container.call(DESCRIBE, bucket)).toBe("one holds 0");
    await bucket[Symbol.asyncDispose]();
    await bucket[Symbol.asyncDispose]();
  });

  it("is refused while it waits for an instance that has ended", async () => {
    await using other = await kindsIn(fixture.engine);
    const bucket = await make(other);
    const [trapped, describing, counting] = [
      endOf(other.call("trap")),
      rejection(other.call(DESCRIBE, bucket)),
      other.call("count"),
    ];
    expect(await trapped).toMatchObject({ reason: "trapped" });
    expect(await describing).toMatchObject({ code: "ERR_CALL_INVALID" });
    expect(await counting).toBe(1);
    await bucket[Symbol.asyncDispose]();
  });

  it("is one of a bounded number", async () => {
    await using other = await kindsIn(fixture.engine);
    const made = Array.from({ length: 9999 }, () => other.call(NEW, "b"));
    const last = (await Promise.all(made)).at(-1) as ComponentResource;
    await last[Symbol.asyncDispose]();
    const more = [other.call(NEW, "b"), other.call(NEW, "b"), other.call(NEW, "b")];
    const ends = await Promise.allSettled(more);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(ends[2]).toMatchObject({ reason: { data: { status: { reason: "trapped" } } } });
  });
});

describe("a function of the app", () => {
  const withHost = (
    host: Partial<(typeof IMPORTS)["acme:kinds/host"]>,
    notify: unknown = () => true,
  ) =>
    kindsIn(fixture.engine, {
      imports: {
        "acme:kinds/host@1.9.0": { ...IMPORTS["acme:kinds/host"], ...host },
        notify: notify as () => boolean,
      },
    });

  it("that throws without a payload traps its caller, which says so", async () => {
    await using failing = await withHost({
      lookup: () => {
        throw new Error("the disk is full");
      },
    });
    const status = await endOf(failing.call("ask", "x"));
    expect(status).toMatchObject({ reason: "trapped" });
    expect(status.detail).toContain("acme:kinds/host@1.2.0#lookup");
    expect(status.detail).toContain("the disk is full");
  });

  it("that gives what its type is not traps its caller", async () => {
    await using failing = await withHost({ lookup: () => 5 as unknown as string }, () => "yes");
    for (const call of [failing.call("ask", "x"), failing.call("tell", "x")]) {
      const { detail } = await endOf(call);
      expect(detail).toContain("its result: must be");
    }
  });

  it("is given once, and must be one", async () => {
    const problems = kindsIn(fixture.engine, {
      imports: { notify: 5, "acme:kinds/host": { log: "x" } } as never,
    });
    expect(await rejection(problems)).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      data: {
        problems: [
          "imports.notify: must be a function or an object of functions, not 5",
          'imports.acme:kinds/host.log: must be a function, not "x"',
        ],
      },
    });
  });

  it("of an older or another version is none", async () => {
    for (const name of ["acme:kinds/host@1.1.0", "acme:kinds/host@2.0.0", "acme:kind/host"]) {
      const imports = { [name]: IMPORTS["acme:kinds/host"], notify: () => true };
      const error = await rejection(kindsIn(fixture.engine, { imports }));
      expect(error).toMatchObject({
        code: "ERR_IMPORT_UNKNOWN",
        data: {
          imports: [
            "acme:kinds/host@1.2.0#log",
            "acme:kinds/host@1.2.0#lookup",
            "acme:kinds/host@1.2.0#add-all",
          ],
        },
      });
    }
  });

  it("may call its container's other exports only later: one call at a time", async () => {
    const results: unknown[] = [];
    await using container = await withHost({
      lookup: (name: string) => {
        void container.call("add", 1, 2).then((sum) => results.push(sum));
        return name;
      },
    });
    expect(await container.call("ask", "x")).toBe("x");
    while (results.length === 0) await new Promise(setImmediate);
    expect(results).toEqual([3]);
  });
});

/** A component written in C, with every kind of value, a resource of its own and functions of its host. */
import { ComponentResource, type Container } from "safedock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { componentPath } from "./components.js";

interface Entry {
  readonly level: string;
  readonly message: string;
  readonly fields: readonly (readonly [string, string])[];
}

let fixture: TestEngine;
let container: Container;
const logged: Entry[] = [];
const told: string[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  const image = await fixture.engine.loadImage(componentPath("real/kinds"));
  container = await fixture.engine.createContainer(image, {
    imports: {
      "acme:kinds/host": {
        log: (entry: Entry) => void logged.push(entry),
        async lookup(name: string) {
          await Promise.resolve();
          if (name === "nobody") throw Object.assign(new Error("not found"), { payload: 404 });
          return `${name} of the app`;
        },
        addAll: (numbers: BigUint64Array) => numbers.reduce((sum, one) => sum + one, 0n),
      },
      notify(text: string) {
        told.push(text);
        return text.length > 3;
      },
    },
  });
});

afterAll(() => fixture.close());

beforeEach(() => {
  logged.length = 0;
  told.length = 0;
});

const echo = (name: string, value: unknown) =>
  container.call(`acme:kinds/values#echo-${name}`, value);

describe("a value goes there and back:", () => {
  it.each([
    ["bool", [true, false]],
    ["u8", [0, 255]],
    ["s8", [-128, 127]],
    ["u16", [0, 65_535]],
    ["s16", [-32_768, 32_767]],
    ["u32", [0, 4_294_967_295]],
    ["s32", [-2_147_483_648, 2_147_483_647]],
    ["u64", [0n, 18_446_744_073_709_551_615n]],
    ["s64", [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n]],
    ["f32", [0, 1.5, -0.25, Number.POSITIVE_INFINITY]],
    ["f64", [0, Math.PI, Number.NaN, -Number.MAX_VALUE]],
    ["char", ["a", "ß", "🦊"]],
    ["string", ["", "plain", "Grüße, 🦊!", "x".repeat(100_000)]],
    ["bytes", [new Uint8Array(0), new Uint8Array([0, 1, 255])]],
    ["numbers", [new BigInt64Array([1n, -2n, 3n])]],
    [
      "points",
      [
        [],
        [
          { x: 1, y: -2 },
          { x: -3, y: 4 },
        ],
      ],
    ],
    ["color", ["red", "green", "blue"]],
    ["pair", [[7, "seven"]]],
    ["option", [undefined, 0, 5]],
    ["nested-option", [{ tag: "none" }, { tag: "some", val: undefined }, { tag: "some", val: 4 }]],
    ["permissions", [{ read: true, write: false, runIt: true, share: false }]],
  ] as const)("%s", async (name, values) => {
    for (const value of values) expect(await echo(name, value)).toEqual(value);
  });

  it("a record", async () => {
    const person = { name: "Ada", age: 36, email: "ada@example.org", tags: ["first", "", "🦊"] };
    expect(await echo("person", person)).toEqual(person);
    const other = { ...person, email: undefined, tags: [] };
    expect(await echo("person", other)).toEqual(other);
  });

  it("each case of a variant", async () => {
    const cases = [
      { tag: "nothing" },
      { tag: "circle", val: 2.5 },
      { tag: "rectangle", val: [1.5, -2.25] },
      { tag: "label", val: "hey" },
      { tag: "at", val: { x: -7, y: 8 } },
    ];
    for (const value of cases) expect(await echo("shape", value)).toEqual(value);
  });

  it("results inside a tuple", async () => {
    for (const value of [
      { tag: "ok", val: 5 },
      { tag: "err", val: "bad" },
    ]) {
      expect(await echo("result", value)).toEqual([value]);
    }
    for (const tag of ["ok", "err"]) {
      expect(await echo("empty-result", { tag })).toMatchObject([{ tag }]);
    }
  });

  it("more values than fit into parameters", async () => {
    const small = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const large = small.map((n) => n * 1000);
    expect(await container.call("acme:kinds/values#sum-many", small, large)).toBe(45_045);
  });
});

describe("a function of the world", () => {
  it("is called by its name", async () => {
    expect(await container.call("add", 2, 3)).toBe(5);
    expect(await container.call("add", 4_294_967_295, 1)).toBe(0);
  });

  it("gives a result's value, or rejects with its error", async () => {
    expect(await container.call("divide", 7, 2)).toBe(3);
    await expect(container.call("divide", 7, 0)).rejects.toMatchObject({
      code: "ERR_CALL_FAILED",
      data: { payload: "division by zero" },
    });
  });

  it("keeps what the last call left behind", async () => {
    const first = (await container.call("count")) as number;
    expect(await container.call("count")).toBe(first + 1);
  });
});

describe("functions of the app", () => {
  it("are called with typed values, and may be async", async () => {
    expect(await container.call("ask", "Ada")).toBe("Ada of the app");
    expect(logged).toEqual([{ level: "info", message: "found", fields: [["name", "Ada"]] }]);
  });

  it("fail by throwing an error with a payload", async () => {
    await expect(container.call("ask", "nobody")).rejects.toMatchObject({
      code: "ERR_CALL_FAILED",
      data: { payload: 404 },
    });
    expect(logged).toEqual([{ level: "warn", message: "missing", fields: [["name", "nobody"]] }]);
  });

  it("of an interface and of the world", async () => {
    expect(await container.call("total", new BigUint64Array([1n, 2n, 40n]))).toBe(43n);
    expect(await container.call("tell", "no")).toBe(false);
    expect(await container.call("tell", "loud")).toBe(true);
    expect(told).toEqual(["no", "loud"]);
  });

  it("that are missing are all named", async () => {
    const image = await fixture.engine.loadImage(componentPath("real/kinds"));
    const error: unknown = await fixture.engine
      .createContainer(image)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_IMPORT_UNKNOWN" });
    expect(String(error)).toContain("acme:kinds/host");
    expect(String(error)).toContain("notify");
  });
});

describe("a resource of the component", () => {
  const make = async (name: string) =>
    (await container.call("acme:kinds/store#[constructor]bucket", name)) as ComponentResource;
  const live = () => container.call("acme:kinds/store#live");

  it("is made, called and dropped", async () => {
    const before = (await live()) as number;
    const bucket = await make("fruit");
    expect(bucket).toBeInstanceOf(ComponentResource);
    expect(await live()).toBe(before + 1);
    await bucket.call("set", "apple", "red");
    expect(await bucket.call("get", "apple")).toBe("red");
    expect(await bucket.call("get", "pear")).toBeUndefined();
    expect(await bucket.call("name")).toBe("fruit");
    expect(await container.call("acme:kinds/store#describe", bucket)).toBe("fruit holds 1");
    await bucket[Symbol.asyncDispose]();
    expect(await live()).toBe(before);
    await expect(bucket.call("name")).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
  });

  it("is used up where it is given away", async () => {
    const before = (await live()) as number;
    const [first, second] = [await make("first"), await make("second")];
    await first.call("set", "a", "1");
    await second.call("set", "a", "2");
    await second.call("set", "b", "3");
    const both = (await container.call(
      "acme:kinds/store#[static]bucket.merge",
      first,
      second,
    )) as ComponentResource;
    expect(await both.call("keys")).toEqual(["a", "b"]);
    expect(await both.call("get", "a")).toBe("2");
    await expect(first.call("name")).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
    await both[Symbol.asyncDispose]();
    expect(await live()).toBe(before);
  });

  it("may be what a result holds", async () => {
    const open = "acme:kinds/store#[static]bucket.open";
    const bucket = (await container.call(open, "named")) as ComponentResource;
    expect(await bucket.call("name")).toBe("named");
    await expect(container.call(open, "")).rejects.toMatchObject({
      code: "ERR_CALL_FAILED",
      data: { payload: "a bucket needs a name" },
    });
    await bucket[Symbol.asyncDispose]();
  });
});

describe("after a trap", () => {
  it("the next call has a fresh instance, and handles of the last one are refused", async () => {
    const bucket = (await container.call(
      "acme:kinds/store#[constructor]bucket",
      "lost",
    )) as ComponentResource;
    await expect(container.call("trap")).rejects.toMatchObject({
      code: "ERR_CALL_TRAPPED",
      data: { status: { reason: "trapped" } },
    });
    await expect(bucket.call("name")).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
    expect(await container.call("count")).toBe(1);
    expect(await container.call("acme:kinds/store#live")).toBe(0);
  });
});

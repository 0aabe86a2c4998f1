/** wasi:keyvalue in guests: all functions of both drafts, over the app's stores. */
import { memoryStore, type Container, type KeyValueStore } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { componentPath } from "../real-guests/components.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { failureOf } from "./guest-failure.js";

let fixture: TestEngine;
const shared = memoryStore();

beforeAll(async () => {
  fixture = await openTestEngine({ stores: { shared } });
});

afterAll(() => fixture.close());

async function open(guest: string, keyvalue: string[], stores?: Record<string, KeyValueStore>) {
  const image = await fixture.engine.loadImage(componentPath(`services/${guest}`));
  const options = { grants: { keyvalue } };
  return fixture.engine.createContainer(
    image,
    stores === undefined ? options : { ...options, stores },
  );
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a store", () => {
  it("keeps values", async () => {
    await using container = await open("stores", [""]);
    const ask = (name: string, ...args: unknown[]) => container.call(name, ...args);
    await ask("open", "default");
    expect(await ask("get", "a")).toBeUndefined();
    await ask("set", "a", bytes("one"));
    await ask("set", "", new Uint8Array(0));
    expect(await ask("get", "a")).toEqual(bytes("one"));
    expect(await ask("get", "")).toEqual(new Uint8Array(0));
    expect(await ask("exists", "a")).toBe(1);
    await ask("delete", "a");
    await ask("delete", "a");
    expect(await ask("exists", "a")).toBe(0);
    expect(await ask("keys")).toEqual([""]);
  });

  it("lists keys page by page", async () => {
    await using container = await open("stores", ["default"]);
    await container.call("open", "");
    const entries = Array.from({ length: 2500 }, (_, n) => [`key ${n}`, bytes(String(n))]);
    await container.call("set-many", entries);
    const keys = (await container.call("keys")) as string[];
    expect(keys).toHaveLength(2500);
    expect(new Set(keys)).toEqual(new Set(entries.map(([key]) => key)));
    expect(await failureOf(container.call("keys-after", "no cursor"))).toMatch("cursor");
  });

  it("takes many at once", async () => {
    await using container = await open("stores", ["default"]);
    await container.call("open", "default");
    await container.call("set-many", [
      ["a", bytes("1")],
      ["b", bytes("")],
      ["c", bytes("3")],
    ]);
    await container.call("delete-many", ["a", "none"]);
    expect(await container.call("get-many", ["a", "b", "c", "c"])).toEqual([
      undefined,
      ["b", bytes("")],
      ["c", bytes("3")],
      ["c", bytes("3")],
    ]);
    expect(await container.call("get-many", [])).toEqual([]);
  });

  it("counts, and says what is no number", async () => {
    await using container = await open("stores", ["default"]);
    await container.call("open", "default");
    expect(await container.call("increment", "n", 5n)).toBe(5n);
    expect(await container.call("increment", "n", -7n)).toBe(-2n);
    expect(await container.call("get", "n")).toEqual(bytes("-2"));
    await container.call("set", "n", bytes("9223372036854775807"));
    expect(await failureOf(container.call("increment", "n", 1n))).toMatch("64 bits");
    await container.call("set", "n", bytes("many"));
    expect(await failureOf(container.call("increment", "n", 1n))).toMatch("no");
  });

  it("swaps what is as it was read", async () => {
    await using container = await open("stores", ["default"]);
    await container.call("open", "default");
    expect(await container.call("hold", "k")).toBeUndefined();
    expect(await container.call("swap", bytes("first"))).toBe(1);
    expect(await container.call("hold", "k")).toEqual(bytes("first"));
    await container.call("set", "k", bytes("other"));
    expect(await container.call("swap", bytes("second"))).toBe(0);
    expect(await container.call("get", "k")).toEqual(bytes("other"));
    // What is held since then is what was found.
    expect(await container.call("swap", bytes("third"))).toBe(1);
    expect(await container.call("get", "k")).toEqual(bytes("third"));
  });
});

describe("which store", () => {
  it("is one that is granted", async () => {
    await using container = await open("stores", ["default"]);
    expect(await failureOf(container.call("open", "shared"))).toBe("access-denied");
    await using none = await open("stores", []);
    expect(await failureOf(none.call("open", ""))).toBe("access-denied");
  });

  it("is the container's own, if nobody gives the default one", async () => {
    await using one = await open("counter", ["default"]);
    await using other = await open("counter", ["default"]);
    expect(await one.call("add", "", "n", 1n, 3)).toBe(3n);
    expect(await one.call("add", "default", "n", 1n, 1)).toBe(4n);
    expect(await other.call("add", "", "n", 1n, 1)).toBe(1n);
  });

  it("is the container's before the engine's", async () => {
    await shared.set("whose", bytes("the engine's"));
    const own = memoryStore();
    await own.set("whose", bytes("the container's"));
    await using one = await open("stores", ["shared"], { shared: own });
    await one.call("open", "shared");
    expect(await one.call("get", "whose")).toEqual(bytes("the container's"));
    await using other = await open("stores", ["shared"]);
    await other.call("open", "shared");
    expect(await other.call("get", "whose")).toEqual(bytes("the engine's"));
  });

  it("must be there when it is granted", async () => {
    await expect(open("stores", ["default", "nowhere"])).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      message: expect.stringContaining('there is no store "nowhere"') as string,
    });
  });

  it.each([
    [{ a: {} }, "stores"],
    [[], "stores"],
    [{ a: null }, "stores"],
    ["text", "stores"],
  ])("%j is none", async (stores, text) => {
    const image = await fixture.engine.loadImage(componentPath("services/stores"));
    const made = fixture.engine.createContainer(image, { stores: stores as never });
    await expect(made).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      message: expect.stringContaining(text) as string,
    });
  });
});

describe("counting", () => {
  it("loses nothing when containers count at once", async () => {
    const containers: Container[] = [];
    for (let n = 0; n < 3; n++) containers.push(await open("counter", ["shared"]));
    await Promise.all(
      containers.map((container) => container.call("add", "shared", "visits", 1n, 500)),
    );
    expect(await containers[0]?.call("add", "shared", "visits", 0n, 1)).toBe(1500n);
    for (const container of containers) await container.remove({ force: true });
  });

  it("has numbers without a sign in the first draft", async () => {
    await using container = await open("counter", [""]);
    expect(await container.call("add", "", "n", 2n ** 64n - 1n, 1)).toBe(2n ** 64n - 1n);
    expect(await container.call("add", "", "n", 3n, 1)).toBe(2n);
  });

  it("goes through pages by number in the first draft", async () => {
    await using container = await open("counter", [""]);
    expect(await container.call("fill", "", 2100, 8)).toBe(2100);
    expect(await container.call("count", "")).toBe(2100 * 100 + 3);
  });
});

describe("a store of the app", () => {
  it("that fails is told of by its message", async () => {
    const broken: KeyValueStore = {
      ...plain(memoryStore()),
      get: () => Promise.reject(new Error("the disk is gone")),
      set: () => {
        throw new Error("full");
      },
    };
    await using container = await open("stores", ["mine"], { mine: broken });
    await container.call("open", "mine");
    expect(await failureOf(container.call("get", "a"))).toBe("the disk is gone");
    expect(await failureOf(container.call("set", "a", bytes("x")))).toBe("full");
    expect(await container.call("exists", "a")).toBe(0);
  });

  it("need not take many at once", async () => {
    await using container = await open("stores", ["mine"], { mine: plain(memoryStore()) });
    await container.call("open", "mine");
    await container.call("set-many", [["a", bytes("1")]]);
    expect(await container.call("get-many", ["b", "a"])).toEqual([undefined, ["a", bytes("1")]]);
    await container.call("delete-many", ["a"]);
    expect(await container.call("keys")).toEqual([]);
  });
});

/** With the methods that it must have alone. */
function plain(store: KeyValueStore): KeyValueStore {
  return {
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
    exists: (key) => store.exists(key),
    listKeys: (cursor) => store.listKeys(cursor),
    increment: (key, delta) => store.increment(key, delta),
    compareAndSwap: (key, expected, value) => store.compareAndSwap(key, expected, value),
  };
}

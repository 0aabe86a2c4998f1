/** What every store must do, over the one in memory and the one in Redis. */
import { type KeyValueStore, memoryStore, redisStore } from "safedock";
import { createClient } from "redis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RedisServer, startRedisServer } from "../support/redis-server.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const BINARY = Uint8Array.from({ length: 256 }, (_, n) => n);

let server: RedisServer;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  server = await startRedisServer();
  client = createClient({ url: `redis://127.0.0.1:${server.port}` });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client.close();
  await server.close();
});

async function keysOf(store: KeyValueStore): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listKeys(cursor);
    keys.push(...page.keys);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return keys;
}

describe.each([
  ["memoryStore", () => memoryStore()],
  ["redisStore", () => redisStore(client)],
  ["redisStore with a prefix", () => redisStore(client, { prefix: "guests*[x]:" })],
])("%s", (_, open) => {
  let store: KeyValueStore;

  beforeEach(async () => {
    await client.flushAll();
    // Of somebody else: it must not be seen through a prefix.
    if (_.endsWith("prefix")) await client.set("guestsy[x]:other", "1");
    store = open();
  });

  it("keeps bytes as they are", async () => {
    for (const value of [BINARY, new Uint8Array(0), bytes("text")]) {
      await store.set("key", value);
      expect(new Uint8Array((await store.get("key")) ?? [])).toEqual(value);
    }
    expect(await store.get("none")).toBeUndefined();
  });

  it("keeps no hold on what was given, nor gives its own", async () => {
    const value = bytes("mine");
    await store.set("key", value);
    value.fill(0);
    const got = await store.get("key");
    expect(Buffer.from(got ?? []).toString()).toBe("mine");
    got?.fill(0);
    expect(Buffer.from((await store.get("key")) ?? []).toString()).toBe("mine");
  });

  it("has any text as a key", async () => {
    const keys = ["", "a b", "ü€😀", "__proto__", "*", "[a]?\\", "\n\0", "k".repeat(4096)];
    for (const key of keys) await store.set(key, bytes(key));
    for (const key of keys) {
      expect(await store.exists(key)).toBe(true);
      expect(Buffer.from((await store.get(key)) ?? []).toString()).toBe(key);
    }
    expect(new Set(await keysOf(store))).toEqual(new Set(keys));
    for (const key of keys) await store.delete(key);
    await store.delete("none");
    expect(await keysOf(store)).toEqual([]);
    expect(await store.exists("a b")).toBe(false);
  });

  it("lists more keys than a page has", async () => {
    const keys = Array.from({ length: 2345 }, (_, n) => `key:${n}`);
    await store.setMany?.(keys.map((key) => [key, bytes("x")] as const));
    for (const key of store.setMany === undefined ? keys : []) await store.set(key, bytes("x"));
    expect(new Set(await keysOf(store))).toEqual(new Set(keys));
    await expect((async () => store.listKeys("'; drop"))()).rejects.toThrow("cursor");
  });

  it("adds, and nothing is lost between many that add at once", async () => {
    expect(await store.increment("n", 5n)).toBe(5n);
    await Promise.all(Array.from({ length: 200 }, async () => store.increment("n", 1n)));
    expect(await store.increment("n", -5n)).toBe(200n);
    expect(Buffer.from((await store.get("n")) ?? []).toString()).toBe("200");
    await store.set("n", bytes("-9223372036854775808"));
    await expect((async () => store.increment("n", -1n))()).rejects.toThrow(/64 bits|overflow/);
    expect(await store.increment("n", 2n ** 63n - 1n)).toBe(-1n);
    await store.set("n", bytes("12x"));
    await expect((async () => store.increment("n", 1n))()).rejects.toThrow(/number|integer/);
    expect(Buffer.from((await store.get("n")) ?? []).toString()).toBe("12x");
  });

  it("swaps only what is expected", async () => {
    expect(await store.compareAndSwap("k", bytes("a"), bytes("b"))).toBe(false);
    expect(await store.get("k")).toBeUndefined();
    expect(await store.compareAndSwap("k", undefined, BINARY)).toBe(true);
    expect(await store.compareAndSwap("k", undefined, bytes("b"))).toBe(false);
    expect(await store.compareAndSwap("k", bytes("a"), bytes("b"))).toBe(false);
    expect(await store.compareAndSwap("k", BINARY, new Uint8Array(0))).toBe(true);
    expect(await store.compareAndSwap("k", undefined, bytes("c"))).toBe(false);
    expect(await store.compareAndSwap("k", new Uint8Array(0), bytes("c"))).toBe(true);
    expect(Buffer.from((await store.get("k")) ?? []).toString()).toBe("c");
  });

  it("lets one of many win that swap at once", async () => {
    await store.set("k", bytes("start"));
    const won = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        store.compareAndSwap("k", bytes("start"), bytes(String(n))),
      ),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(Buffer.from((await store.get("k")) ?? []).toString()).toBe(String(won.indexOf(true)));
  });

  it("takes many at once, and none", async () => {
    await store.setMany?.([
      ["a", bytes("1")],
      ["b", BINARY],
    ]);
    if (store.getMany !== undefined) {
      const got = await store.getMany(["b", "none", "a"]);
      expect(got.map((value) => value && new Uint8Array(value))).toEqual([
        BINARY,
        undefined,
        bytes("1"),
      ]);
      expect(await store.getMany([])).toEqual([]);
    }
    await store.setMany?.([]);
    await store.deleteMany?.([]);
    await store.deleteMany?.(["a", "none"]);
    expect(await store.exists("a")).toBe(false);
  });
});

describe("memoryStore", () => {
  it("is bounded in bytes, and a set beyond that changes nothing", async () => {
    const store = memoryStore({ maxBytes: 100 });
    await store.set("a", new Uint8Array(60));
    expect(() => store.set("b", new Uint8Array(40))).toThrow("full");
    expect(() => store.set("a", new Uint8Array(100))).toThrow("full");
    expect((await store.get("a"))?.length).toBe(60);
    // What is replaced does not count twice, what is deleted not at all.
    await store.set("a", new Uint8Array(99));
    await store.delete("a");
    await store.set("b", new Uint8Array(99));
    expect(() => store.increment("n", 1n)).toThrow("full");
    expect(() => store.compareAndSwap("n", undefined, bytes("1"))).toThrow("full");
    expect(await store.exists("n")).toBe(false);
  });

  it("is bounded in keys", async () => {
    const store = memoryStore({ maxKeys: 2 });
    await store.set("a", bytes("1"));
    await store.set("b", bytes("1"));
    await store.set("b", bytes("2"));
    expect(() => store.set("c", bytes("1"))).toThrow("full");
  });

  it("lists the keys that are there from beginning to end, whatever comes and goes meanwhile", async () => {
    const store = memoryStore();
    for (let n = 0; n < 2500; n++) await store.set(`key ${n}`, bytes("x"));
    const first = await store.listKeys(undefined);
    for (let n = 0; n < 1200; n++) await store.delete(`key ${n}`);
    await store.set("new", bytes("x"));
    const rest: string[] = [];
    for (let { cursor } = first; cursor !== undefined;) {
      const page = await store.listKeys(cursor);
      rest.push(...page.keys);
      ({ cursor } = page);
    }
    const kept = Array.from({ length: 1300 }, (_, n) => `key ${n + 1200}`);
    expect(new Set([...first.keys, ...rest])).toEqual(new Set([...first.keys, ...kept, "new"]));
    expect(new Set(rest).size).toBe(rest.length);
  });

  it.each([{ maxBytes: -1 }, { maxBytes: 1.5 }, { maxKeys: "2" }, { maxSize: 3 }, 7, null])(
    "%j is no option of it",
    (options) => {
      expect(() => memoryStore(options as never)).toThrow(
        expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
      );
    },
  );
});

describe("redisStore", () => {
  it("fails, and does not lie, over a client that answers with texts", async () => {
    const store = redisStore({ sendCommand: (args) => client.sendCommand(args.map(String)) });
    await client.set("a", "text");
    await expect(store.get("a")).rejects.toThrow("text in place of bytes");
  });

  it("tells what the client throws", async () => {
    const store = redisStore({ sendCommand: () => Promise.reject(new Error("the line is cut")) });
    await expect(store.set("a", bytes("1"))).rejects.toThrow("the line is cut");
  });

  it.each([undefined, {}, { sendCommand: 1 }])("%j is no client", (given) => {
    expect(() => redisStore(given as never)).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
  });
});

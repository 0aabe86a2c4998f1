/** A shop's discounts in JavaScript, as a component with a world of its own: typed calls of a whole engine. */
import { createHash } from "node:crypto";
import type { ComponentResource, Container, ContainerOptions, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { BUILD_MS, javascriptComponent } from "./javascript-component.js";

/** One tick of a frozen clock and what JavaScript's doubles make of it, in ms. */
const CLOCK_SLACK_MS = 1;

let fixture: TestEngine;
let image: Image;
let shop: Container;

const rates = new Map([
  ["EUR", 1],
  ["USD", 1.5],
]);
const imports = {
  "acme:checkout/rates": {
    rate(currency: string) {
      const found = rates.get(currency);
      if (found !== undefined) return found;
      throw Object.assign(new Error("unknown"), { payload: `no rate for ${currency}` });
    },
  },
};

const cart = {
  customer: undefined as string | undefined,
  tier: "guest",
  lines: [{ sku: "tea", quantity: 2, cents: 450 }],
  currency: "EUR",
};
const decide = "acme:checkout/policy#decide";

async function open(options: ContainerOptions = {}): Promise<Container> {
  return await fixture.engine.createContainer(image, { imports, ...options });
}

beforeAll(async () => {
  const path = await javascriptComponent("discounts");
  fixture = await openTestEngine();
  image = await fixture.engine.loadImage(path, { prepare: true });
  shop = await open();
}, BUILD_MS);

afterAll(() => fixture?.close());

describe("a component of JavaScript", () => {
  it("takes and gives typed values", async () => {
    expect(await shop.call("version")).toBe("discounts 1.0");
    expect(await shop.call(decide, cart)).toEqual({
      discounts: [],
      total: 900,
      note: "members pay less",
    });
    const lines = [
      { sku: "tea", quantity: 10, cents: 100 },
      { sku: "Brot für Ada", quantity: 1, cents: 1_000 },
    ];
    const golden = { customer: "Ada 🦀", tier: "gold", lines, currency: "USD" };
    expect(await shop.call(decide, golden)).toEqual({
      discounts: [
        { tag: "percent", val: 10 },
        { tag: "cents", val: 500 },
        { tag: "gift", val: "for Ada 🦀" },
      ],
      total: (2_000 * 0.9 - 500) * 1.5,
      note: undefined,
    });
  });

  it("fails with what it throws where its type has an error", async () => {
    await expect(shop.call(decide, { ...cart, lines: [] })).rejects.toMatchObject({
      code: "ERR_CALL_FAILED",
      data: { payload: "the cart is empty" },
    });
  });

  it("passes on the error of a function of the app", async () => {
    await expect(shop.call(decide, { ...cart, currency: "XXX" })).rejects.toMatchObject({
      code: "ERR_CALL_FAILED",
      data: { payload: "no rate for XXX" },
    });
  });

  it("sees nothing of arguments of another type", async () => {
    await expect(shop.call(decide, { ...cart, tier: "platinum" })).rejects.toMatchObject({
      code: "ERR_CALL_INVALID",
    });
  });

  it("awaits what is a promise in it", async () => {
    const data = new TextEncoder().encode("safedock");
    const expected = createHash("sha256").update(data).digest();
    expect(Buffer.from((await shop.call("digest", data)) as Uint8Array)).toEqual(expected);
  });

  it("has classes as resources", async () => {
    const account = async (owner: string) =>
      (await shop.call("acme:checkout/points#[constructor]account", owner)) as ComponentResource;
    const ada = await account("Ada");
    const bob = await account("Bob");
    expect(await ada.call("owner")).toBe("Ada");
    expect(await ada.call("add", 5n)).toEqual([5n, { added: true, spent: false, doubled: true }]);
    expect(await ada.call("add", 2n ** 60n)).toMatchObject([2n ** 60n + 5n, { added: true }]);
    expect(await shop.call("acme:checkout/points#[static]account.transfer", ada, bob)).toBe(
      2n ** 60n + 5n,
    );
    await expect(ada.call("owner")).rejects.toMatchObject({ code: "ERR_CALL_INVALID" });
    expect(await bob.call("owner")).toBe("Bob");
    await bob[Symbol.asyncDispose]();
  });

  it("keeps its instance from call to call", async () => {
    await using container = await open();
    for (let call = 0; call < 500; call++) await container.call(decide, cart);
    expect(container.stats().processes).toBe(1);
    await container.stop();
  });
});

describe("its time", () => {
  it("stands still but for what it waits for", async () => {
    await using container = await open({ limits: { timeoutMs: 20_000 } });
    const waited = (await container.call("wait", 3_600_000)) as number;
    expect(Math.abs(waited - 3_600_000)).toBeLessThan(CLOCK_SLACK_MS);
  });

  it("is the host's by grant", async () => {
    await using container = await open({ grants: { clock: "real" } });
    const from = performance.now();
    expect(await container.call("wait", 30)).toBeGreaterThanOrEqual(29);
    expect(performance.now() - from).toBeGreaterThanOrEqual(29);
  });
});

describe("that goes wrong", () => {
  it("traps where its type has no error, and says why on stderr", async () => {
    await using container = await open();
    const told = new Promise<string>((resolve) => {
      fixture.engine.once("exit", ({ process }) => resolve(process.captured.stderr.toString()));
    });
    await expect(container.call("fail", "on purpose")).rejects.toMatchObject({
      code: "ERR_CALL_TRAPPED",
      data: { status: { reason: "trapped" } },
    });
    expect(await told).toMatch(/on purpose\nStack:\n\s+fail@discounts\.js:\d+/);
    expect(await container.call("version")).toBe("discounts 1.0");
  });

  it("ends at its time limit when it never does", async () => {
    await using container = await open({ limits: { timeoutMs: 1_000 } });
    await expect(container.call("spin")).rejects.toMatchObject({
      code: "ERR_CALL_TRAPPED",
      data: { status: { reason: "timeout", limit: "timeoutMs" } },
    });
  });

  it("ends when it has used its memory, and no more than that", async () => {
    const memoryBytes = 48 * 2 ** 20;
    await using container = await open({ limits: { memoryBytes } });
    const error: unknown = await container.call("eat").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_CALL_TRAPPED", data: { status: { code: 134 } } });
    const { status } = (error as { data: { status: { usage: { memoryBytes: number } } } }).data;
    expect(status.usage.memoryBytes).toBeLessThanOrEqual(memoryBytes);
    expect(status.usage.memoryBytes).toBeGreaterThan(memoryBytes / 2);
    expect(await container.call("version")).toBe("discounts 1.0");
  });
});

describe("what it logs", () => {
  it("is its stdout, and never makes it wait for a reader", async () => {
    await using container = await open();
    const ended = new Promise<Buffer>((resolve) => {
      fixture.engine.once("exit", ({ process }) => resolve(process.captured.stdout));
    });
    // More than what is kept on its way to the app.
    for (let call = 0; call < 50; call++) await container.call("chatter", 1_000);
    await container.stop();
    const lines = (await ended).toString().trimEnd().split("\n");
    expect(lines).toHaveLength(50_000);
    expect(lines.at(-1)).toBe("line 999");
  });
});

/** Guests that want too many sockets, datagrams, names, keys or records; the app goes on as if nothing were. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { type Container, isSafedockError, memoryStore } from "safedock";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { componentPath } from "../../real-guests/components.js";
import { failureOf } from "../../services/guest-failure.js";
import { echoServer } from "../../services/peers.js";
import { LOOPBACK, openGuest } from "../../services/socket-guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;
let lookups = 0;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openTestEngine({
    sockets: {
      lookup: async () => {
        lookups++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return [{ address: "93.184.216.34", family: 4 }];
      },
    },
  });
});

afterAll(() => fixture.close());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function keep(container: Container): Container {
  cleanups.push(() => container.remove({ force: true }));
  return container;
}

/** The longest that the app's loop was held up, in ms. */
async function heldUp(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return longest;
}

/** Far above what a busy machine adds, far below what a flood would take. */
const RESPONSIVE_MS = 1000;

it("sockets: a container has 256, and they are there again once they are dropped", async () => {
  const server = await echoServer("127.0.0.1");
  cleanups.push(() => server.close());
  const tcp = { connect: ["127.0.0.1:*"], listen: ["127.0.0.1:*"] };
  const container = keep(await openGuest(fixture.engine, "tcp", { tcp }));
  const open: unknown[] = [];
  let answer = "none";
  const longest = await heldUp(async () => {
    while (answer === "none" && open.length < 300) {
      const made = container.call("connect", LOOPBACK, server.port);
      answer = await failureOf(made);
      if (answer === "none") open.push(await made);
    }
  });
  expect(answer).toBe("new-socket-limit");
  expect(open).toHaveLength(256);
  expect(longest).toBeLessThan(RESPONSIVE_MS);
  expect(await failureOf(container.call("listen", LOOPBACK, 0))).toBe("new-socket-limit");
  for (const at of open.splice(0, 10)) await container.call("drop", at);
  await expect
    .poll(() => failureOf(container.call("connect", LOOPBACK, server.port)), { timeout: 5000 })
    .toBe("none");
});

it("sockets: connections that nobody accepts count too", async () => {
  const tcp = { connect: ["127.0.0.1:*"], listen: ["127.0.0.1:*"] };
  const container = keep(await openGuest(fixture.engine, "tcp", { tcp }));
  const ports: unknown[] = [];
  for (let n = 0; n < 8; n++) {
    ports.push(await container.call("local-port", await container.call("listen", LOOPBACK, 0)));
  }
  // Each is dropped at once: what is left of it is at the other end, unaccepted.
  let refused = 0;
  for (let n = 0; n < 400; n++) {
    const connecting = container.call("connect", LOOPBACK, ports[n % ports.length]);
    const answer = await failureOf(connecting);
    if (answer === "none") await container.call("drop", await connecting);
    else refused++;
  }
  expect(refused).toBeGreaterThan(0);
});

it("datagrams: what is not received is dropped, and nobody waits for it", async () => {
  const sink = createSocket("udp4");
  sink.bind(0, "127.0.0.1");
  await once(sink, "listening");
  cleanups.push(() => new Promise<void>((resolve) => sink.close(() => resolve())));
  const udp = { connect: ["127.0.0.1:*"], listen: ["127.0.0.1:*"] };
  const container = keep(await openGuest(fixture.engine, "udp", { udp }));
  const port = (await container.call("bind", LOOPBACK, 0)) as number;
  await container.call("open", [], 0);
  const longest = await heldUp(async () => {
    await container.call("send", LOOPBACK, sink.address().port, new Uint8Array(1000), 5000);
    for (let n = 0; n < 5000; n++) sink.send(new Uint8Array(1000), port, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  expect(longest).toBeLessThan(RESPONSIVE_MS);
  let received = 0;
  for (let n = 0; n < 200; n++) {
    received += (await container.call("count", 1000)) as number;
    if (n > 20 && received > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(received).toBeGreaterThan(0);
  // 256 KiB at most wait, of 1,000 bytes each; and what was asked for already.
  expect(received).toBeLessThan(600);
});

it("names: one is looked up at a time, and no more than the guest may have asked for", async () => {
  const container = keep(await openGuest(fixture.engine, "lookup", { lookup: true }));
  lookups = 0;
  const answer = await failureOf(container.call("flood", "db.test", 5000)).catch(
    (error: unknown) => {
      if (!isSafedockError(error, "ERR_CALL_TRAPPED")) throw error;
      return "trapped";
    },
  );
  // It has as many resources as may be, or as many requests.
  expect(["trapped", "new-socket-limit", "none"]).toContain(answer);
  const before = lookups;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lookups - before).toBeLessThan(60);
  await container.kill();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = lookups;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(lookups).toBe(after);
});

it("keys: a store takes what it is made for, and says when it is full", async () => {
  const image = await fixture.engine.loadImage(componentPath("services/counter"));
  const container = keep(
    await fixture.engine.createContainer(image, {
      grants: { keyvalue: ["default"] },
      stores: { default: memoryStore({ maxKeys: 1000, maxBytes: 2 ** 20 }) },
    }),
  );
  const longest = await heldUp(async () => {
    expect(await failureOf(container.call("fill", "", 5000, 10))).toMatch("full");
  });
  expect(longest).toBeLessThan(RESPONSIVE_MS);
  expect(await container.call("count", "")).toBe(1000 * 100 + 1);
  expect(await failureOf(container.call("fill", "", 1, 2 ** 20))).toMatch("full");
  expect(await failureOf(container.call("fill", "", 1, 17 * 2 ** 20))).toMatch(/more than|full/);
});

it("keys: one and a value of a request are bounded", async () => {
  const image = await fixture.engine.loadImage(componentPath("services/stores"));
  const container = keep(
    await fixture.engine.createContainer(image, { grants: { keyvalue: ["default"] } }),
  );
  await container.call("open", "");
  const long = "k".repeat(4097);
  for (const call of [
    container.call("get", long),
    container.call("set", long, new Uint8Array(1)),
    container.call("increment", long, 1n),
    container.call("get-many", ["a", long]),
    container.call("hold", long),
  ]) {
    expect(await failureOf(call)).toMatch("4096");
  }
  const many = Array.from({ length: 10_001 }, (_, n) => String(n));
  expect(await failureOf(container.call("get-many", many))).toMatch("10000");
  expect(await failureOf(container.call("delete-many", many))).toMatch("10000");
  const store = "x".repeat(100_000);
  expect(await failureOf(container.call("open", store))).toBe("access-denied");
});

it("records: the app hears a thousand in a second of them", async () => {
  const image = await fixture.engine.loadImage(componentPath("services/log"));
  let heard = 0;
  const container = keep(
    await fixture.engine.createContainer(image, {
      grants: { logging: true },
      onLog: () => void heard++,
    }),
  );
  const began = performance.now();
  const longest = await heldUp(() => container.call("flood", 0, 10_000, 2000));
  const seconds = Math.ceil((performance.now() - began) / 1000) + 1;
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThanOrEqual(1000 * seconds);
  expect(longest).toBeLessThan(RESPONSIVE_MS);
});

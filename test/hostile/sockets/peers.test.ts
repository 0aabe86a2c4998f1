/** Peers that stall, reset and close by halves, guests that leave things behind, and what is left of it: nothing. */
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { type Container, isSafedockError } from "safedock";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { componentPath } from "../../real-guests/components.js";
import { failureOf } from "../../services/guest-failure.js";
import { type TestServer, tcpServer } from "../../services/peers.js";
import { LOOPBACK, openGuest } from "../../services/socket-guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

const TCP = { connect: ["127.0.0.1:*"], listen: ["127.0.0.1:*"] };
let fixture: TestEngine;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function guest(): Promise<Container> {
  const container = await openGuest(fixture.engine, "tcp", { tcp: TCP });
  cleanups.push(() => container.remove({ force: true }));
  return container;
}

async function serve(onConnection: Parameters<typeof tcpServer>[1]): Promise<TestServer> {
  const server = await tcpServer("127.0.0.1", onConnection);
  cleanups.push(() => server.close());
  return server;
}

/** Sockets that this process has open, as its system counts them. */
function openSockets(): number {
  const folder = "/proc/self/fd";
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

/** All that came has been read, and the guest's end is closed. */
async function seenOff({ connections }: TestServer): Promise<void> {
  for (const socket of connections) socket.resume();
  await expect
    .poll(() => connections.every((socket) => socket.destroyed || socket.readableEnded), {
      timeout: 8000,
    })
    .toBe(true);
}

it("a peer that never reads holds up its guest alone, and no more than a few buffers", async () => {
  const server = await serve((socket) => socket.pause());
  const container = await guest();
  const at = await container.call("connect", LOOPBACK, server.port);
  let sent = 0;
  for (let round = 0; round < 100; round++) {
    const more = (await container.call("flood", at)) as number;
    sent += more;
    if (more === 0 && round > 20) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Buffers of two sockets of the system, and eight messages.
  expect(sent).toBeLessThan(64 * 2 ** 20);
  // It is said to have no room; and it may be let go of.
  await container.call("drop", at);
  await container.remove({ force: true });
  await seenOff(server);
});

it("a peer that never answers is waited for until the guest's time is over", async () => {
  const server = await serve((socket) => socket.pause());
  const image = await fixture.engine.loadImage(componentPath("services/tcp"));
  await using container = await fixture.engine.createContainer(image, {
    grants: { sockets: { tcp: TCP } },
    limits: { timeoutMs: 1000 },
  });
  const at = await container.call("connect", LOOPBACK, server.port);
  await expect(container.call("receive", at, 1)).rejects.toMatchObject({
    code: "ERR_CALL_TRAPPED",
  });
  // What it had open is closed with it.
  await seenOff(server);
});

it("a peer that resets fails what is under way, and nothing else", async () => {
  const server = await serve((socket) => {
    socket.once("data", () => socket.resetAndDestroy());
  });
  const container = await guest();
  const at = await container.call("connect", LOOPBACK, server.port);
  await container.call("send", at, Buffer.from("x"));
  expect(["failed", "closed"]).toContain(await failureOf(container.call("receive", at, 10)));
  expect(await failureOf(container.call("receive", at, 10))).toBe("closed");
  await expect
    .poll(() => failureOf(container.call("send", at, Buffer.from("more"))))
    .toMatch(/failed|closed/);
  await container.call("shutdown", at, 2);
  await container.call("drop", at);
  expect(
    await container.call("local-port", await container.call("listen", LOOPBACK, 0)),
  ).toBeGreaterThan(0);
});

it("a peer that closes its half may still be written to", async () => {
  const heard: Buffer[] = [];
  const server = await serve((socket) => {
    socket.on("data", (bytes: Buffer) => heard.push(bytes));
    socket.end("bye");
  });
  const container = await guest();
  const at = await container.call("connect", LOOPBACK, server.port);
  expect(Buffer.from((await container.call("receive", at, 10)) as Uint8Array).toString()).toBe(
    "bye",
  );
  expect(await failureOf(container.call("receive", at, 10))).toBe("closed");
  expect(await container.call("send", at, Buffer.from("still here"))).toBe(10);
  await expect.poll(() => Buffer.concat(heard).toString()).toBe("still here");
  await container.call("shutdown", at, 1);
  expect(await failureOf(container.call("send", at, Buffer.from("x")))).toBe("closed");
});

it("what is shut down is at its end at once, both ways and twice", async () => {
  const server = await serve((socket) => socket.write("unread"));
  const container = await guest();
  const at = await container.call("connect", LOOPBACK, server.port);
  for (const how of [0, 0, 2, 1, 2]) await container.call("shutdown", at, how);
  expect(await failureOf(container.call("receive", at, 10))).toBe("closed");
  expect(await failureOf(container.call("flood", at))).toBe("closed");
});

it("steps in the wrong order are refused, however often", async () => {
  const server = await serve((socket) => socket.resume());
  const container = await guest();
  const at = await container.call("create", false);
  await container.call("start-connect", at, LOOPBACK, server.port);
  for (let n = 0; n < 20; n++) {
    expect(await failureOf(container.call("start-connect", at, LOOPBACK, server.port))).toBe(
      "concurrency-conflict",
    );
    expect(await failureOf(container.call("finish-bind", at))).toBe("not-in-progress");
    expect(await failureOf(container.call("finish-listen", at))).toBe("not-in-progress");
  }
  await container.call("await", at);
  await container.call("finish-connect", at);
  for (let n = 0; n < 20; n++) {
    expect(await failureOf(container.call("finish-connect", at))).toBe("not-in-progress");
  }
  expect(server.connections).toHaveLength(1);
});

it("what is dropped half-way is closed: while it connects, binds, waits to be accepted", async () => {
  const before = openSockets();
  const server = await serve((socket) => socket.resume());
  const container = await guest();
  for (let n = 0; n < 20; n++) {
    const connecting = await container.call("create", false);
    await container.call("start-connect", connecting, LOOPBACK, server.port);
    await container.call("drop", connecting);
    const binding = await container.call("create", false);
    await container.call("start-bind", binding, LOOPBACK, 0);
    await container.call("drop", binding);
    const listening = await container.call("listen", LOOPBACK, 0);
    const port = (await container.call("local-port", listening)) as number;
    const socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await once(socket, "connect");
    await container.call("drop", listening);
    await closed;
  }
  await container.remove({ force: true });
  await server.close();
  await expect.poll(openSockets, { timeout: 8000 }).toBeLessThanOrEqual(before);
});

it("pollables and sockets that are left behind go with their process", async () => {
  const before = openSockets();
  const server = await serve((socket) => socket.resume());
  const container = await guest();
  const at = await container.call("connect", LOOPBACK, server.port);
  const listening = await container.call("listen", LOOPBACK, 0);
  await container.call("leave-pollables", at, 200);
  await container.call("leave-pollables", listening, 200);
  const gone = container.call("leave-pollables", at, 1_000_000).then(
    () => "none",
    (error: unknown) => (isSafedockError(error) ? error.code : String(error)),
  );
  expect(await gone).toBe("ERR_CALL_TRAPPED");
  // The next instance begins anew.
  expect(await failureOf(container.call("create", false))).toBe("none");
  await container.remove({ force: true });
  await server.close();
  await expect.poll(openSockets, { timeout: 8000 }).toBeLessThanOrEqual(before);
});

it("what is killed in the midst of it is gone, and so is what it had open", async () => {
  const before = openSockets();
  const server = await serve((socket) => socket.pipe(socket));
  for (let n = 0; n < 3; n++) {
    const container = await openGuest(fixture.engine, "tcp", { tcp: TCP });
    const at = await container.call("connect", LOOPBACK, server.port);
    await container.call("listen", LOOPBACK, 0);
    const waiting = container.call("receive", at, 1).catch(() => undefined);
    await container.kill();
    await waiting;
    await container.remove({ force: true });
  }
  await server.close();
  await expect.poll(openSockets, { timeout: 8000 }).toBeLessThanOrEqual(before);
});

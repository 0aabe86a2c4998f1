/** Sockets of TCP in guests: their states to the letter of wasi:sockets/tcp, and what they carry. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Container } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { failureOf } from "./guest-failure.js";
import { echoServer, type TestServer, tcpServer } from "./peers.js";
import { denialsOf, LOOPBACK, LOOPBACK_6, openGuest } from "./socket-guests.js";

const ANY = { tcp: { connect: ["127.0.0.0/8:*", "[::1]:*"], listen: ["127.0.0.1:*", "[::1]:*"] } };
let fixture: TestEngine;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function guest(sockets = ANY): Promise<Container> {
  const container = await openGuest(fixture.engine, "tcp", sockets);
  cleanups.push(() => container.remove({ force: true }));
  return container;
}

async function server(making: () => Promise<TestServer>): Promise<TestServer> {
  const made = await making();
  cleanups.push(() => made.close());
  return made;
}

const words = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

describe("a client", () => {
  it.each([
    ["4", LOOPBACK, "127.0.0.1"],
    ["6", LOOPBACK_6, "::1"],
  ])("talks by version %s", async (_, address, host) => {
    const { port } = await server(() => echoServer(host));
    const client = await guest();
    const at = await client.call("connect", address, port);
    expect(await client.call("remote-port", at)).toBe(port);
    expect(await client.call("local-port", at)).toBeGreaterThan(0);
    expect(await client.call("send", at, Buffer.from("hello"))).toBe(5);
    expect(words(await client.call("receive", at, 100))).toBe("hello");
    await client.call("shutdown", at, 1);
    expect(await failureOf(client.call("receive", at, 100))).toBe("closed");
    expect(await failureOf(client.call("send", at, Buffer.from("more")))).toBe("closed");
    await client.call("drop", at);
  });

  it("carries megabytes both ways, unchanged", async () => {
    const { port } = await server(() => echoServer("127.0.0.1"));
    const client = await guest();
    const at = await client.call("connect", LOOPBACK, port);
    const sent = randomBytes(2 ** 20);
    const received: Uint8Array[] = [];
    for (let done = 0; done < sent.length; done += 65_536) {
      await client.call("send", at, sent.subarray(done, done + 65_536));
      for (let left = 65_536; left > 0;) {
        const bytes = (await client.call("receive", at, left)) as Uint8Array;
        received.push(bytes);
        left -= bytes.length;
      }
    }
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it("writes hundreds of single bytes ahead, none of which is lost", async () => {
    const client = await guest();
    const listening = await client.call("listen", LOOPBACK, 0);
    const at = await client.call("connect", LOOPBACK, await client.call("local-port", listening));
    await client.call("await", listening);
    const accepted = await client.call("accept", listening);
    expect(await client.call("write-singly", at, 300)).toBe(300);
    await client.call("flush", at);
    await client.call("shutdown", at, 1);
    expect(await failureOf(client.call("flush", at))).toBe("closed");
    let received = "";
    while (received.length < 300) received += words(await client.call("receive", accepted, 65_536));
    expect(received).toBe("abcdefghijklmnopqrstuvwxyz".repeat(12).slice(0, 300));
    expect(await failureOf(client.call("receive", accepted, 1))).toBe("closed");
  });

  it("has no room for ever more single bytes that nobody takes", async () => {
    const { port, connections } = await server(() => tcpServer("127.0.0.1", (one) => one.pause()));
    const client = await guest();
    const at = await client.call("connect", LOOPBACK, port);
    // The system takes some megabytes first.
    const filling = { interval: 2, timeout: 15_000 };
    await expect.poll(() => client.call("flood", at), filling).toBe(0);
    expect(await client.call("write-singly", at, 10_000)).toBe(0);
    expect(connections).toHaveLength(1);
  });

  it("connects in two steps, and once", async () => {
    const { port } = await server(() => echoServer("127.0.0.1"));
    const client = await guest();
    const at = await client.call("create", false);
    const failing = (name: string, ...args: unknown[]) => failureOf(client.call(name, at, ...args));
    expect(await failing("finish-connect")).toBe("not-in-progress");
    expect(await failing("local-port")).toBe("invalid-state");
    expect(await failing("shutdown", 2)).toBe("invalid-state");
    await client.call("start-connect", at, LOOPBACK, port);
    expect(await failing("start-connect", LOOPBACK, port)).toBe("concurrency-conflict");
    expect(await failing("start-bind", LOOPBACK, 0)).toBe("concurrency-conflict");
    await client.call("await", at);
    expect(await client.call("is-ready", at)).toBe(true);
    await client.call("finish-connect", at);
    expect(await failing("finish-connect")).toBe("not-in-progress");
    expect(await failing("start-connect", LOOPBACK, port)).toBe("invalid-state");
    expect(await failing("start-listen")).toBe("invalid-state");
    expect(await failing("accept")).toBe("invalid-state");
    expect([...((await client.call("options", at)) as Uint8Array)]).toEqual([1, 7, 1]);
  });

  it("may choose its own address", async () => {
    const { port, connections } = await server(() => echoServer("127.0.0.1"));
    const client = await guest();
    const at = await client.call("create", false);
    await client.call("start-bind", at, LOOPBACK, 0);
    await client.call("await", at);
    await client.call("finish-bind", at);
    const own = await client.call("local-port", at);
    await client.call("start-connect", at, LOOPBACK, port);
    await client.call("await", at);
    await client.call("finish-connect", at);
    await expect.poll(() => connections.map(({ remotePort }) => remotePort)).toEqual([own]);
  });

  it("hears why there is no connection, and may not try again with that socket", async () => {
    const gone = await tcpServer("127.0.0.1", () => undefined);
    const { port } = gone;
    await gone.close();
    const client = await guest();
    const at = await client.call("create", false);
    await client.call("start-connect", at, LOOPBACK, port);
    await client.call("await", at);
    expect(await failureOf(client.call("finish-connect", at))).toBe("connection-refused");
    expect(await failureOf(client.call("start-connect", at, LOOPBACK, port))).toBe("invalid-state");
    await client.call("drop", at);
  });

  it.each([
    ["another family", LOOPBACK_6, 80],
    ["no port", LOOPBACK, 0],
    ["no address", [0, 0, 0, 0], 80],
    ["many at once", [224, 0, 0, 1], 80],
    ["everybody", [255, 255, 255, 255], 80],
  ])("is refused %s as an address", async (_, address, port) => {
    const client = await guest();
    const at = await client.call("create", false);
    expect(await failureOf(client.call("start-connect", at, address, port))).toBe(
      "invalid-argument",
    );
  });
});

describe("a server", () => {
  it("answers a guest of another container", async () => {
    const [serving, client] = [await guest(), await guest()];
    const listening = await serving.call("listen", LOOPBACK, 0);
    expect(await serving.call("listening", listening)).toBe(true);
    expect(await failureOf(serving.call("accept", listening))).toBe("would-block");
    expect(await serving.call("is-ready", listening)).toBe(false);
    const at = await client.call("connect", LOOPBACK, await serving.call("local-port", listening));
    await serving.call("await", listening);
    const accepted = await serving.call("accept", listening);
    expect(await serving.call("remote-port", accepted)).toBe(await client.call("local-port", at));
    const echoing = serving.call("echo", accepted);
    await client.call("send", at, Buffer.from("one"));
    expect(words(await client.call("receive", at, 10))).toBe("one");
    await client.call("shutdown", at, 1);
    expect(await echoing).toBe(3);
    await serving.call("drop", accepted);
    expect(await failureOf(client.call("receive", at, 10))).toBe("closed");
    // A socket that listens goes on doing so.
    const next = await client.call(
      "connect",
      LOOPBACK,
      await serving.call("local-port", listening),
    );
    await serving.call("await", listening);
    await serving.call("drop", await serving.call("accept", listening));
    expect(await failureOf(client.call("receive", next, 10))).toBe("closed");
  });

  it("leaves nothing of a socket that is dropped before its guest accepts", async () => {
    const serving = await guest();
    const listening = await serving.call("listen", LOOPBACK, 0);
    const port = (await serving.call("local-port", listening)) as number;
    const client = connect({ port, host: "127.0.0.1" });
    cleanups.push(() => client.destroy());
    const closed = new Promise((resolve) => client.on("error", resolve).on("close", resolve));
    await serving.call("await", listening);
    await serving.call("drop", listening);
    client.resume();
    await closed;
    const again = await serving.call("listen", LOOPBACK, port);
    expect(await serving.call("local-port", again)).toBe(port);
  });

  it("leaves no port taken that is dropped before it is bound", async () => {
    const serving = await guest();
    const gone = await tcpServer("127.0.0.1", () => undefined);
    const { port } = gone;
    await gone.close();
    for (let n = 0; n < 5; n++) await serving.call("abandon-bind", LOOPBACK, port);
    const listens = (): Promise<string> => failureOf(serving.call("listen", LOOPBACK, port));
    await expect.poll(listens, { timeout: 10_000 }).toBe("none");
  });

  it("binds, and listens, in two steps each", async () => {
    const serving = await guest();
    const at = await serving.call("create", false);
    const failing = (name: string, ...args: unknown[]) =>
      failureOf(serving.call(name, at, ...args));
    expect(await failing("start-listen")).toBe("invalid-state");
    expect(await failing("finish-bind")).toBe("not-in-progress");
    await serving.call("start-bind", at, LOOPBACK, 0);
    expect(await failing("start-listen")).toBe("concurrency-conflict");
    await serving.call("await", at);
    await serving.call("finish-bind", at);
    expect(await failing("start-bind", LOOPBACK, 0)).toBe("invalid-state");
    expect(await failing("accept")).toBe("invalid-state");
    expect(await serving.call("listening", at)).toBe(false);
    expect(await failing("finish-listen")).toBe("not-in-progress");
    await serving.call("start-listen", at);
    await serving.call("await", at);
    await serving.call("finish-listen", at);
    expect(await failing("start-listen")).toBe("invalid-state");
    expect(await failing("start-connect", LOOPBACK, 80)).toBe("invalid-state");
    expect(await failing("remote-port")).toBe("invalid-state");
  });

  it("cannot have the port of another", async () => {
    const { port } = await server(() => echoServer("127.0.0.1"));
    const serving = await guest();
    const at = await serving.call("create", false);
    await serving.call("start-bind", at, LOOPBACK, port);
    await serving.call("await", at);
    expect(await failureOf(serving.call("finish-bind", at))).toBe("address-in-use");
    // A bind that has failed has bound nothing: another may follow.
    await serving.call("start-bind", at, LOOPBACK, 0);
    await serving.call("await", at);
    await serving.call("finish-bind", at);
  });
});

describe("grants", () => {
  it("are none by default, and each refusal names what would have allowed it", async () => {
    const denied = await denialsOf(fixture.engine, async () => {
      await using none = await openGuest(fixture.engine, "tcp", undefined);
      expect(await failureOf(none.call("connect", LOOPBACK, 80))).toBe("access-denied");
      expect(await failureOf(none.call("listen", LOOPBACK_6, 80))).toBe("access-denied");
    });
    expect(denied).toEqual([
      {
        kind: "sockets",
        call: "start-connect",
        path: "tcp://127.0.0.1:80",
        grant: { sockets: { tcp: { connect: ["127.0.0.1:80"] } } },
      },
      {
        kind: "sockets",
        call: "start-bind",
        path: "tcp://[::1]:80",
        grant: { sockets: { tcp: { listen: ["[::1]:80"] } } },
      },
    ]);
  });

  it("hold for what they name alone", async () => {
    const { port } = await server(() => echoServer("127.0.0.1"));
    const denied = await denialsOf(fixture.engine, async () => {
      await using client = await openGuest(fixture.engine, "tcp", {
        tcp: { connect: [`127.0.0.1:${port}`] },
      });
      await client.call("connect", LOOPBACK, port);
      expect(await failureOf(client.call("connect", LOOPBACK, port + 1))).toBe("access-denied");
      expect(await failureOf(client.call("connect", [127, 0, 0, 2], port))).toBe("access-denied");
      expect(await failureOf(client.call("listen", LOOPBACK, 0))).toBe("access-denied");
    });
    expect(denied.map(({ path }) => path)).toEqual([
      `tcp://127.0.0.1:${port + 1}`,
      `tcp://127.0.0.2:${port}`,
      "tcp://127.0.0.1:0",
    ]);
  });

  it("that are taken back cut what is open", async () => {
    const { port, connections } = await server(() => echoServer("127.0.0.1"));
    const client = await guest();
    const at = await client.call("connect", LOOPBACK, port);
    await client.call("send", at, Buffer.from("x"));
    expect(words(await client.call("receive", at, 1))).toBe("x");
    expect(connections).toHaveLength(1);
    client.revokeGrants(["sockets:tcp.connect 127.0.0.0/8:*"]);
    expect(await failureOf(client.call("receive", at, 1))).toBe("failed");
    expect(await failureOf(client.call("connect", LOOPBACK, port))).toBe("access-denied");
    await expect.poll(() => connections.every(({ destroyed }) => destroyed)).toBe(true);
    expect(await failureOf(client.call("connect", LOOPBACK_6, port))).toBe("connection-refused");
  });

  it("are suggested by what was used and refused", async () => {
    const { suggestGrants } = await import("safedock");
    const { port } = await server(() => echoServer("127.0.0.1"));
    const client = await guest();
    await client.call("connect", LOOPBACK, port);
    await client.call("connect", LOOPBACK, port);
    await client.call("listen", LOOPBACK, 0);
    expect(await failureOf(client.call("connect", [10, 0, 0, 1], 5432))).toBe("access-denied");
    const audit = client.audit();
    expect(audit.sockets).toEqual([
      { grant: "tcp.connect", target: `127.0.0.1:${port}`, count: 2 },
      { grant: "tcp.listen", target: "127.0.0.1:0", count: 1 },
    ]);
    expect(suggestGrants(audit).sockets).toEqual({
      tcp: { connect: [`127.0.0.1:${port}`, "10.0.0.1:5432"], listen: ["127.0.0.1:0"] },
    });
  });
});

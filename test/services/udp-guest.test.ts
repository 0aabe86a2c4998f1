/** Sockets of UDP in guests. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isSafedockError, type Container } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { failureOf } from "./guest-failure.js";
import { denialsOf, LOOPBACK, LOOPBACK_6, openGuest } from "./socket-guests.js";

const ANY_ADDRESS = [0, 0, 0, 0];
const NOBODY: number[] = [];
let fixture: TestEngine;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function guest(udp: { connect?: string[]; listen?: string[] }): Promise<Container> {
  const container = await openGuest(fixture.engine, "udp", { udp });
  cleanups.push(() => container.remove({ force: true }));
  return container;
}

interface Peer {
  readonly socket: Socket;
  readonly port: number;
  readonly received: { readonly text: string; readonly from: RemoteInfo }[];
}

async function peer(isV6 = false): Promise<Peer> {
  const socket = createSocket(isV6 ? "udp6" : "udp4");
  const received: Peer["received"] = [];
  socket.on("message", (bytes, from) => received.push({ text: bytes.toString(), from }));
  socket.bind(0, isV6 ? "::1" : "127.0.0.1");
  await once(socket, "listening");
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { socket, port: socket.address().port, received };
}

const text = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

describe("datagrams", () => {
  it.each([
    ["4", LOOPBACK, false],
    ["6", LOOPBACK_6, true],
  ])("go there and back by version %s", async (_, address, isV6) => {
    const other = await peer(isV6);
    const container = await guest({
      listen: ["127.0.0.1:*", "[::1]:*"],
      connect: ["127.0.0.1:*", "[::1]:*"],
    });
    const port = (await container.call("bind", address, 0)) as number;
    await container.call("open", NOBODY, 0);
    await container.call("send", address, other.port, Buffer.from("ping"), 1);
    await expect.poll(() => other.received).toMatchObject([{ text: "ping", from: { port } }]);
    other.socket.send("pong", port, isV6 ? "::1" : "127.0.0.1");
    const from = String(other.port).padStart(5, "0");
    expect(text(await container.call("receive"))).toBe(`${from} pong`);
  });

  it("of a stream with a peer are to and from it alone", async () => {
    const [friend, stranger] = [await peer(), await peer()];
    const container = await guest({ listen: ["127.0.0.1:*"], connect: ["127.0.0.1:*"] });
    const port = (await container.call("bind", LOOPBACK, 0)) as number;
    expect(await failureOf(container.call("remote-port"))).toBe("invalid-state");
    await container.call("open", LOOPBACK, friend.port);
    expect(await container.call("remote-port")).toBe(friend.port);
    await container.call("send", NOBODY, 0, Buffer.from("to the peer"), 1);
    await expect.poll(() => friend.received.length).toBe(1);
    const elsewhere = container.call("send", LOOPBACK, stranger.port, Buffer.from("x"), 1);
    expect(await failureOf(elsewhere)).toBe("invalid-argument");
    for (let n = 0; n < 5; n++) stranger.socket.send("who is it", port, "127.0.0.1");
    friend.socket.send("me", port, "127.0.0.1");
    expect(text(await container.call("receive")).slice(6)).toBe("me");
    expect(await container.call("count", 10)).toBe(0);
    // Without one they are anybody's again.
    await container.call("open", NOBODY, 0);
    expect(await failureOf(container.call("send", NOBODY, 0, Buffer.from("x"), 1))).toBe(
      "invalid-argument",
    );
    stranger.socket.send("me too", port, "127.0.0.1");
    expect(text(await container.call("receive")).slice(6)).toBe("me too");
  });

  it("may be sent by who has a port of the system's choice, and answered by whom they went to", async () => {
    const [server, stranger] = [await peer(), await peer()];
    const container = await guest({ connect: [`127.0.0.1:${server.port}`] });
    const port = (await container.call("bind", ANY_ADDRESS, 0)) as number;
    await container.call("open", NOBODY, 0);
    await container.call("send", LOOPBACK, server.port, Buffer.from("question"), 1);
    await expect.poll(() => server.received.length).toBe(1);
    stranger.socket.send("lie", port, "127.0.0.1");
    server.socket.send("answer", port, "127.0.0.1");
    expect(text(await container.call("receive")).slice(6)).toBe("answer");
    expect(await container.call("count", 10)).toBe(0);
  });

  it("that are too large are none", async () => {
    const container = await guest({ connect: ["127.0.0.1:*"] });
    await container.call("bind", ANY_ADDRESS, 0);
    await container.call("open", NOBODY, 0);
    const sending = container.call("send", LOOPBACK, 9, new Uint8Array(65_508), 1);
    expect(await failureOf(sending)).toBe("datagram-too-large");
  });
});

describe("a socket", () => {
  it("is bound once, with options", async () => {
    const container = await guest({ listen: ["127.0.0.1:*"] });
    const port = await container.call("bind", LOOPBACK, 0);
    expect([...((await container.call("options")) as Uint8Array)]).toEqual([9, 1]);
    const other = await guest({ listen: ["127.0.0.1:*"] });
    expect(await failureOf(other.call("bind", LOOPBACK, port))).toBe("address-in-use");
    await container.call("drop");
    // What was dropped is closed soon.
    await expect.poll(() => failureOf(other.call("bind", LOOPBACK, port))).toBe("none");
  });

  it("needs a grant, and each refusal names it", async () => {
    const denied = await denialsOf(fixture.engine, async () => {
      await using none = await openGuest(fixture.engine, "udp", undefined);
      expect(await failureOf(none.call("bind", LOOPBACK, 0))).toBe("access-denied");
      await using some = await openGuest(fixture.engine, "udp", {
        udp: { connect: ["127.0.0.1:53"] },
      });
      expect(await failureOf(some.call("bind", LOOPBACK, 0))).toBe("access-denied");
      expect(await failureOf(some.call("bind", ANY_ADDRESS, 5353))).toBe("access-denied");
      await some.call("bind", ANY_ADDRESS, 0);
      await some.call("open", NOBODY, 0);
      const sending = some.call("send", [169, 254, 169, 254], 53, Buffer.from("x"), 1);
      expect(await failureOf(sending)).toBe("access-denied");
      expect(await failureOf(some.call("open", LOOPBACK, 54))).toBe("access-denied");
    });
    expect(denied.map(({ call, path, grant }) => [call, path, grant?.sockets?.udp])).toEqual([
      ["start-bind", "udp://127.0.0.1:0", { listen: ["127.0.0.1:0"] }],
      ["start-bind", "udp://127.0.0.1:0", { listen: ["127.0.0.1:0"] }],
      ["start-bind", "udp://0.0.0.0:5353", { listen: ["0.0.0.0:5353"] }],
      ["send", "udp://169.254.169.254:53", { connect: ["169.254.169.254:53"] }],
      ["send", "udp://127.0.0.1:54", { connect: ["127.0.0.1:54"] }],
    ]);
  });

  it("traps a guest that sends more than it was permitted", async () => {
    const container = await guest({ connect: ["127.0.0.1:9"] });
    await container.call("bind", ANY_ADDRESS, 0);
    await container.call("open", LOOPBACK, 9);
    const sending = container.call("send-too-many", 10_000);
    await expect(sending).rejects.toSatisfy((error) => isSafedockError(error, "ERR_CALL_TRAPPED"));
  });

  it("asks before each send, also of nothing", async () => {
    const container = await guest({ connect: ["127.0.0.1:9"] });
    await container.call("bind", ANY_ADDRESS, 0);
    await container.call("open", LOOPBACK, 9);
    await container.call("send-unasked", 1);
    const sending = container.call("send-unasked", 2);
    await expect(sending).rejects.toSatisfy((error) => isSafedockError(error, "ERR_CALL_TRAPPED"));
  });
});

import { createSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { HostRefusal, type HostService } from "../../src/base/host-service.js";
import { type CheckedSockets, NO_SOCKETS } from "../../src/services/checked-sockets.js";
import type { NameResolver } from "../../src/services/resolve-name.js";
import { MAX_SOCKETS, SocketBroker } from "../../src/services/socket-broker.js";
import { parseSocketRule } from "../../src/services/socket-rule.js";
import type { RefusedSocket } from "../../src/services/socket-session.js";

const NO_BODY = new Uint8Array(0);
const NEVER = new AbortController().signal;
const noNames: NameResolver = () =>
  Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function rules(use: "connect" | "listen", ...texts: string[]) {
  return texts.flatMap((text) => parseSocketRule(text, use) ?? []);
}

function open(granted: Partial<CheckedSockets>, resolve = noNames) {
  const broker = new SocketBroker({ ...NO_SOCKETS, ...granted }, resolve);
  const refused: RefusedSocket[] = [];
  const session = broker.session((call) => refused.push(call));
  cleanups.push(async () => {
    session.end?.();
    await until(() => broker.open === 0);
  });
  return { broker, refused, ask: asker(session), session };
}

function asker(session: HostService) {
  return async (op: string, head: unknown, body: Uint8Array = NO_BODY, signal = NEVER) => {
    try {
      return await session.call(op, head, body, signal);
    } catch (error) {
      if (error instanceof HostRefusal) return error.code;
      throw error;
    }
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it has not come to it");
}

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("TCP", () => {
  it("connects, sends, receives, and sees the end", async () => {
    const port = await serve((socket) => socket.pipe(socket));
    const { ask } = open({ tcpConnect: rules("connect", `127.0.0.1:${port}`) });
    const reply = await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] });
    expect(reply).toMatchObject({ head: { remote: ["127.0.0.1", port] } });
    await ask("tcp-send", { id: 1 }, Buffer.from("hello"));
    expect(await ask("tcp-receive", { id: 1, max: 3 })).toEqual({ body: Buffer.from("hel") });
    expect(await ask("tcp-receive", { id: 1, max: 3 })).toEqual({ body: Buffer.from("lo") });
    await ask("tcp-shutdown", { id: 1, how: "send" });
    expect(await ask("tcp-receive", { id: 1, max: 3 })).toEqual({ head: "end" });
    await ask("close", { id: 1 });
    expect(await ask("tcp-receive", { id: 1, max: 3 })).toBe("invalid-state");
  });

  it("carries 8 MiB both ways", async () => {
    const port = await serve((socket) => socket.pipe(socket));
    const { ask } = open({ tcpConnect: rules("connect", "127.0.0.0/8:*") });
    await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] });
    const chunk = Buffer.alloc(65_536, 7);
    const sending = (async () => {
      for (let n = 0; n < 128; n++) await ask("tcp-send", { id: 1 }, chunk);
      await ask("tcp-shutdown", { id: 1, how: "send" });
    })();
    let received = 0;
    for (;;) {
      const reply = await ask("tcp-receive", { id: 1, max: 65_536 });
      if (typeof reply === "string") throw new Error(reply);
      if (reply.body === undefined) break;
      received += reply.body.length;
    }
    await sending;
    expect(received).toBe(128 * 65_536);
  });

  it("says no to what is not granted, and tells", async () => {
    const { ask, refused } = open({ tcpConnect: rules("connect", "*:*", "127.0.0.1:1") });
    for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0"]) {
      expect(await ask("tcp-connect", { id: 1, remote: [address, 80] })).toBe("access-denied");
    }
    expect(await ask("tcp-bind", { id: 1, local: ["127.0.0.1", 0] })).toBe("access-denied");
    expect(await ask("udp-bind", { id: 1, local: ["0.0.0.0", 0] })).toBe("access-denied");
    expect(refused.slice(0, 1)).toEqual([{ call: "start-connect", target: "tcp://127.0.0.1:80" }]);
    expect(refused.at(3)?.target).toBe("tcp://[::1]:80");
    expect(refused).toHaveLength(7);
  });

  it("says who refuses", async () => {
    const { ask } = open({ tcpConnect: rules("connect", "127.0.0.1:*") });
    expect(await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", 1] })).toBe(
      "connection-refused",
    );
  });

  it("listens, accepts, and resets who comes before", async () => {
    const { ask, broker } = open({ tcpListen: rules("listen", "127.0.0.1:0") });
    const bound = await ask("tcp-bind", { id: 1, local: ["127.0.0.1", 0] });
    if (typeof bound === "string") throw new Error(bound);
    const [, port] = bound.head as [string, number];
    const early = connect(port, "127.0.0.1");
    early.on("error", () => undefined);
    await new Promise((resolve) => early.on("close", resolve));
    await ask("tcp-listen", { id: 1 });
    const first = connect(port, "127.0.0.1");
    cleanups.push(() => first.destroy());
    const accepted = await ask("tcp-accept", { id: 1, as: 2 });
    expect(accepted).toMatchObject({ head: { local: ["127.0.0.1", port] } });
    first.write("hi");
    expect(await ask("tcp-receive", { id: 2, max: 10 })).toEqual({ body: Buffer.from("hi") });
    await ask("close", { id: 1 });
    await ask("close", { id: 2 });
    await until(() => broker.open === 0);
  });

  it("connects from a bound address", async () => {
    const seen: (number | undefined)[] = [];
    const port = await serve((socket) => seen.push(socket.remotePort));
    const { ask } = open({
      tcpListen: rules("listen", "127.0.0.1:0"),
      tcpConnect: rules("connect", "127.0.0.1:*"),
    });
    const bound = await ask("tcp-bind", { id: 1, local: ["127.0.0.1", 0] });
    if (typeof bound === "string") throw new Error(bound);
    expect(await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] })).toMatchObject({
      head: { local: bound.head },
    });
    await until(() => seen.length === 1);
    expect(seen).toEqual([(bound.head as [string, number])[1]]);
  });

  it("tells of a peer that resets", async () => {
    const port = await serve((socket) => {
      socket.on("data", () => socket.resetAndDestroy());
    });
    const { ask } = open({ tcpConnect: rules("connect", "127.0.0.1:*") });
    await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] });
    await ask("tcp-send", { id: 1 }, Buffer.from("x"));
    expect(await ask("tcp-receive", { id: 1, max: 1 })).toBe("connection-reset");
    expect(await ask("tcp-send", { id: 1 }, Buffer.from("x"))).toBe("connection-reset");
  });

  it("gives up what nobody waits for any more", async () => {
    const port = await serve(() => undefined);
    const { ask } = open({
      tcpConnect: rules("connect", "127.0.0.1:*"),
      tcpListen: rules("listen", "127.0.0.1:0"),
    });
    await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] });
    await ask("tcp-bind", { id: 2, local: ["127.0.0.1", 0] });
    const nobody = new AbortController();
    const receiving = ask("tcp-receive", { id: 1, max: 1 }, NO_BODY, nobody.signal);
    const accepting = ask("tcp-accept", { id: 2, as: 3 }, NO_BODY, nobody.signal);
    nobody.abort();
    expect(await receiving).toBe("unknown");
    expect(await accepting).toBe("unknown");
  });

  it("cuts what is taken back, and nothing else", async () => {
    const port = await serve(() => undefined);
    const other = await serve((socket) => socket.pipe(socket));
    const { ask, broker } = open({
      tcpConnect: rules("connect", `127.0.0.1:${port}`, `127.0.0.1:${other}`),
      tcpListen: rules("listen", "127.0.0.1:0"),
    });
    await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", port] });
    await ask("tcp-connect", { id: 2, remote: ["127.0.0.1", other] });
    await ask("tcp-bind", { id: 3, local: ["127.0.0.1", 0] });
    const receiving = ask("tcp-receive", { id: 1, max: 1 });
    const accepting = ask("tcp-accept", { id: 3, as: 4 });
    broker.narrow({ ...NO_SOCKETS, tcpConnect: rules("connect", `127.0.0.1:${other}`) });
    expect(await receiving).toBe("access-denied");
    expect(await accepting).toBe("access-denied");
    await ask("tcp-send", { id: 2 }, Buffer.from("x"));
    expect(await ask("tcp-receive", { id: 2, max: 1 })).toEqual({ body: Buffer.from("x") });
  });

  it("has so many sockets at most, over all processes of a container", async () => {
    const { ask, broker } = open({ udpListen: rules("listen", "127.0.0.1:0") });
    const second = broker.session(() => undefined);
    cleanups.push(() => second.end?.());
    const bind = (id: number) => ask("udp-bind", { id, local: ["127.0.0.1", 0] });
    const all = await Promise.all(Array.from({ length: MAX_SOCKETS + 3 }, (_, id) => bind(id)));
    expect(all.filter((reply) => reply === "new-socket-limit")).toHaveLength(3);
    expect(await asker(second)("udp-bind", { id: 1, local: ["127.0.0.1", 0] })).toBe(
      "new-socket-limit",
    );
    await ask("close", { id: 5 });
    expect(await bind(5)).toMatchObject({ head: ["127.0.0.1", expect.any(Number)] });
  });
});

describe("UDP", () => {
  async function peer() {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    cleanups.push(() => socket.close());
    return { socket, port: socket.address().port };
  }

  it("sends, and hears those that it may send to", async () => {
    const [friend, stranger] = [await peer(), await peer()];
    const { ask, refused } = open({ udpConnect: rules("connect", `127.0.0.1:${friend.port}`) });
    const bound = await ask("udp-bind", { id: 1, local: ["0.0.0.0", 0] });
    if (typeof bound === "string") throw new Error(bound);
    const [, port] = bound.head as [string, number];
    const got = once(friend.socket, "message");
    const datagrams = [
      ["127.0.0.1", friend.port, 2],
      ["127.0.0.1", stranger.port, 1],
      ["127.0.0.1", friend.port, 1],
    ];
    expect(await ask("udp-send", { id: 1, datagrams }, Buffer.from("abcd"))).toEqual({
      head: { sent: 1, code: "access-denied" },
    });
    expect(refused).toEqual([{ call: "send", target: `udp://127.0.0.1:${stranger.port}` }]);
    expect(String((await got)[0])).toBe("ab");
    const receiving = ask("udp-receive", { id: 1, max: 10 });
    stranger.socket.send("no", port, "127.0.0.1");
    friend.socket.send("yes", port, "127.0.0.1");
    expect(await receiving).toEqual({
      head: [["127.0.0.1", friend.port, 3]],
      body: Buffer.from("yes"),
    });
  });

  it("hears all where it may listen, or its peer alone", async () => {
    const [one, two] = [await peer(), await peer()];
    const { ask } = open({
      udpListen: rules("listen", "127.0.0.1:0"),
      udpConnect: rules("connect", "127.0.0.1:*"),
    });
    const bound = await ask("udp-bind", { id: 1, local: ["127.0.0.1", 0] });
    if (typeof bound === "string") throw new Error(bound);
    const [, port] = bound.head as [string, number];
    one.socket.send("1", port, "127.0.0.1");
    expect(await ask("udp-receive", { id: 1, max: 1 })).toMatchObject({ body: Buffer.from("1") });
    two.socket.send("2", port, "127.0.0.1");
    expect(await ask("udp-receive", { id: 1, max: 1 })).toMatchObject({ body: Buffer.from("2") });
    await ask("udp-peer", { id: 1, remote: ["127.0.0.1", two.port] });
    one.socket.send("3", port, "127.0.0.1");
    two.socket.send("4", port, "127.0.0.1");
    expect(await ask("udp-receive", { id: 1, max: 10 })).toMatchObject({ body: Buffer.from("4") });
  });

  it("does not bind a port of its choice without a grant", async () => {
    const { ask } = open({ udpConnect: rules("connect", "127.0.0.1:*") });
    expect(await ask("udp-bind", { id: 1, local: ["0.0.0.0", 5353] })).toBe("access-denied");
    expect(await ask("udp-bind", { id: 1, local: ["127.0.0.1", 0] })).toBe("access-denied");
  });

  it("refuses a datagram that is too large", async () => {
    const { ask } = open({ udpConnect: rules("connect", "127.0.0.1:*") });
    await ask("udp-bind", { id: 1, local: ["0.0.0.0", 0] });
    const size = 70_000;
    const head = { id: 1, datagrams: [["127.0.0.1", 9, size]] };
    expect(await ask("udp-send", head, new Uint8Array(size))).toEqual({
      head: { sent: 0, code: "datagram-too-large" },
    });
  });
});

describe("names", () => {
  it("are looked up by the host, if they are granted", async () => {
    const asked: string[] = [];
    const { ask, refused } = open({ lookup: ["*.example.com"] }, (name) => {
      asked.push(name);
      return Promise.resolve(["93.184.216.34", "2606:2800:220:1::1", "nonsense"]);
    });
    expect(await ask("lookup", { name: "WWW.Example.com." })).toEqual({
      head: ["93.184.216.34", "2606:2800:220:1::1"],
    });
    expect(await ask("lookup", { name: "example.org" })).toBe("access-denied");
    expect(await ask("lookup", { name: "a b" })).toBe("invalid-argument");
    expect(await ask("lookup", { name: "127.1" })).toBe("invalid-argument");
    expect(await ask("lookup", { name: "127.0.0.1" })).toEqual({ head: ["127.0.0.1"] });
    expect(asked).toEqual(["www.example.com"]);
    expect(refused).toEqual([{ call: "resolve-addresses", target: "example.org" }]);
  });

  it.each([
    ["ENOTFOUND", "name-unresolvable"],
    ["EAI_AGAIN", "temporary-resolver-failure"],
    ["EAI_FAIL", "permanent-resolver-failure"],
  ])("%s is %s", async (code, refusal) => {
    const { ask } = open({ lookup: true }, () =>
      Promise.reject(Object.assign(new Error(), { code })),
    );
    expect(await ask("lookup", { name: "x.test" })).toBe(refusal);
  });

  it("never lead to a special address, whatever the resolver says today", async () => {
    let answer = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"];
    const { ask, refused } = open({ tcpConnect: rules("connect", "db.test:5432") }, () =>
      Promise.resolve(answer),
    );
    expect(await ask("lookup", { name: "db.test" })).toBe("name-unresolvable");
    answer = ["93.184.216.34"];
    expect(await ask("lookup", { name: "db.test" })).toEqual({ head: answer });
    // It leads elsewhere now; what was looked up is what counts.
    answer = ["127.0.0.1"];
    expect(await ask("tcp-connect", { id: 1, remote: ["127.0.0.1", 5432] })).toBe("access-denied");
    expect(await ask("tcp-connect", { id: 1, remote: ["93.184.216.34", 80] })).toBe(
      "access-denied",
    );
    expect(refused).toHaveLength(2);
  });

  it("open what they lead to, at the ports of their rule", async () => {
    const { NamePins } = await import("../../src/services/name-pins.js");
    const pins = new NamePins();
    pins.add("db.test", ["93.184.216.34"]);
    expect(pins.nameFor(rules("connect", "db.test:5432"), ["93.184.216.34", 5432])).toBe("db.test");
    expect(pins.nameFor(rules("connect", "db.test:5432"), ["93.184.216.34", 80])).toBeUndefined();
    expect(
      pins.nameFor(rules("connect", "other.test:5432"), ["93.184.216.34", 5432]),
    ).toBeUndefined();
    expect(pins.nameFor(rules("connect", "db.test:5432"), ["93.184.216.35", 5432])).toBeUndefined();
  });

  it("show a private address to a guest that may connect there", async () => {
    const { ask } = open({ lookup: true, tcpConnect: rules("connect", "10.0.0.0/8:5432") }, () =>
      Promise.resolve(["10.0.0.1", "192.168.0.1"]),
    );
    expect(await ask("lookup", { name: "db.internal" })).toEqual({ head: ["10.0.0.1"] });
  });
});

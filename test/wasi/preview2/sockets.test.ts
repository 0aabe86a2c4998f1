import type {
  IpSocketAddress,
  Network,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import { describe, expect, it } from "vitest";
import type { Denial } from "../../../src/fs/denial.js";
import { Context } from "../../../src/wasi/context.js";
import { NULL_INPUT, NULL_OUTPUT } from "../../../src/wasi/null-streams.js";
import { createPreview2 } from "../../../src/wasi/preview2/index.js";
import { refusal, reply, ScriptedHost } from "./scripted-host.js";

const LOCAL = v4([127, 0, 0, 1], 8080);
const REMOTE = v4([10, 0, 0, 5], 5432);
const CONNECTION = { local: ["10.0.0.1", 40_000], remote: ["10.0.0.5", 5432] };

function v4(address: [number, number, number, number], port: number): IpSocketAddress {
  return { tag: "ipv4", val: { port, address } };
}

function v6(
  address: [number, number, number, number, number, number, number, number],
  port: number,
): IpSocketAddress {
  return { tag: "ipv6", val: { port, flowInfo: 0, address, scopeId: 0 } };
}

function begin(...services: string[]) {
  const host = new ScriptedHost(...services);
  const denials: Denial[] = [];
  const preview2 = createPreview2();
  const stdio = {
    stdin: NULL_INPUT,
    stdout: NULL_OUTPUT,
    stderr: NULL_OUTPUT,
    sleep: () => undefined,
  };
  const context = new Context(
    {
      args: [],
      env: [],
      mounts: [],
      clock: { kind: "frozen", startMs: 0 },
      random: { kind: "secure" },
      limits: { openFiles: 64 },
    },
    stdio,
    { preopens: [], close: () => undefined },
    { host, denials: { denied: (denial) => denials.push(denial) } },
  );
  preview2.begin(context);
  const { imports } = preview2;
  const network: Network = imports["wasi:sockets/instance-network"].instanceNetwork();
  const tcp = imports["wasi:sockets/tcp-create-socket"].createTcpSocket("ipv4");
  const udp = imports["wasi:sockets/udp-create-socket"].createUdpSocket("ipv4");
  return { host, denials, preview2, imports, network, tcp, udp };
}

/** The error that a call answers with. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return typeof error === "object" && error !== null && "payload" in error
      ? error.payload
      : error;
  }
  return "none";
}

function drop(object: object): void {
  const dispose: unknown = Reflect.get(object, Symbol.dispose);
  if (typeof dispose !== "function") throw new Error("nothing to drop");
  dispose.call(object);
}

describe("tcp-socket", () => {
  it("is bound in two steps", () => {
    const { host, network, tcp } = begin("sockets");
    expect(errorOf(() => tcp.localAddress())).toBe("invalid-state");
    expect(errorOf(() => tcp.finishBind())).toBe("not-in-progress");
    expect(tcp.subscribe().ready()).toBe(true);
    tcp.startBind(network, LOCAL);
    const ready = tcp.subscribe();
    expect(ready.ready()).toBe(false);
    expect(errorOf(() => tcp.finishBind())).toBe("would-block");
    expect(errorOf(() => tcp.startBind(network, LOCAL))).toBe("concurrency-conflict");
    expect(errorOf(() => tcp.startConnect(network, REMOTE))).toBe("concurrency-conflict");
    expect(errorOf(() => tcp.finishConnect())).toBe("not-in-progress");
    expect(host.last("tcp-bind").head).toEqual({ id: 1, local: ["127.0.0.1", 8080] });
    host.answer("tcp-bind", reply(["127.0.0.1", 8080]));
    expect(ready.ready()).toBe(true);
    tcp.finishBind();
    expect(tcp.localAddress()).toEqual(LOCAL);
    expect(errorOf(() => tcp.remoteAddress())).toBe("invalid-state");
    expect(errorOf(() => tcp.startBind(network, LOCAL))).toBe("invalid-state");
    expect(errorOf(() => tcp.accept())).toBe("invalid-state");
    expect(errorOf(() => tcp.shutdown("both"))).toBe("invalid-state");
  });

  it("may be bound again after it has failed", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startBind(network, LOCAL);
    host.answer("tcp-bind", refusal("address-in-use"));
    expect(errorOf(() => tcp.finishBind())).toBe("address-in-use");
    tcp.startBind(network, LOCAL);
    host.answer("tcp-bind", refusal("something else"));
    expect(errorOf(() => tcp.finishBind())).toBe("unknown");
    expect(errorOf(() => tcp.startListen())).toBe("invalid-state");
  });

  it.each([
    ["another family", v6([0, 0, 0, 0, 0, 0, 0, 1], 80)],
    ["a group", v4([224, 0, 0, 1], 80)],
    ["all", v4([255, 255, 255, 255], 80)],
  ])("takes no address of %s", (_, address) => {
    const { host, network, tcp } = begin("sockets");
    expect(errorOf(() => tcp.startBind(network, address))).toBe("invalid-argument");
    expect(errorOf(() => tcp.startConnect(network, address))).toBe("invalid-argument");
    expect(host.asked).toEqual([]);
  });

  it.each([
    ["no address", v4([0, 0, 0, 0], 80)],
    ["no port", v4([10, 0, 0, 1], 0)],
  ])("connects to no peer with %s", (_, address) => {
    const { network, tcp } = begin("sockets");
    expect(errorOf(() => tcp.startConnect(network, address))).toBe("invalid-argument");
  });

  it("takes no address of version 4 in the clothes of version 6", () => {
    const { imports, network } = begin("sockets");
    const tcp = imports["wasi:sockets/tcp-create-socket"].createTcpSocket("ipv6");
    const mapped = v6([0, 0, 0, 0, 0, 0xff_ff, 0x7f_00, 1], 80);
    expect(tcp.addressFamily()).toBe("ipv6");
    expect(errorOf(() => tcp.startConnect(network, mapped))).toBe("invalid-argument");
    expect(errorOf(() => tcp.startBind(network, mapped))).toBe("invalid-argument");
  });

  it("connects once", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    expect(errorOf(() => tcp.finishConnect())).toBe("would-block");
    host.answer("tcp-connect", reply(CONNECTION));
    tcp.finishConnect();
    expect(tcp.localAddress()).toEqual(v4([10, 0, 0, 1], 40_000));
    expect(tcp.remoteAddress()).toEqual(REMOTE);
    expect(errorOf(() => tcp.startConnect(network, REMOTE))).toBe("invalid-state");
    expect(errorOf(() => tcp.startListen())).toBe("invalid-state");
    expect(errorOf(() => tcp.setListenBacklogSize(1n))).toBe("invalid-state");
  });

  it("is of no use once a connect has failed", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", refusal("connection-refused"));
    expect(errorOf(() => tcp.finishConnect())).toBe("connection-refused");
    expect(errorOf(() => tcp.finishConnect())).toBe("not-in-progress");
    expect(errorOf(() => tcp.startConnect(network, REMOTE))).toBe("invalid-state");
    expect(errorOf(() => tcp.startBind(network, LOCAL))).toBe("invalid-state");
  });

  it("receives what comes, as it is read, and then the end", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", reply(CONNECTION));
    const [input] = tcp.finishConnect();
    const ready = input.subscribe();
    expect(ready.ready()).toBe(false);
    expect(input.read(10n)).toEqual(new Uint8Array(0));
    expect(host.asked.filter(({ op }) => op === "tcp-receive")).toHaveLength(1);
    host.answer("tcp-receive", reply(undefined, new Uint8Array([1, 2, 3])));
    expect(ready.ready()).toBe(true);
    expect(input.read(2n)).toEqual(new Uint8Array([1, 2]));
    expect(input.blockingRead(10n)).toEqual(new Uint8Array([3]));
    expect(ready.ready()).toBe(false);
    host.answer("tcp-receive", reply("end"));
    expect(errorOf(() => input.blockingRead(10n))).toEqual({ tag: "closed" });
    expect(errorOf(() => input.read(10n))).toEqual({ tag: "closed" });
    expect(ready.ready()).toBe(true);
  });

  it("says once what it failed of, and is closed", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", reply(CONNECTION));
    const [input, output] = tcp.finishConnect();
    input.read(1n);
    host.answer("tcp-receive", refusal("connection-reset"));
    expect(errorOf(() => input.read(1n))).toMatchObject({ tag: "last-operation-failed" });
    expect(errorOf(() => input.read(1n))).toEqual({ tag: "closed" });
    expect(output.checkWrite()).toBeGreaterThan(0n);
    output.write(new Uint8Array([1]));
    host.answer("tcp-send", refusal("connection-reset"));
    expect(errorOf(() => output.checkWrite())).toMatchObject({ tag: "last-operation-failed" });
    expect(errorOf(() => output.checkWrite())).toEqual({ tag: "closed" });
  });

  it("lets a guest write ahead, so far", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", reply(CONNECTION));
    const [, output] = tcp.finishConnect();
    const ready = output.subscribe();
    let written = 0n;
    for (let room = output.checkWrite(); room > 0n; room = output.checkWrite()) {
      output.write(new Uint8Array(Number(room)));
      written += room;
    }
    expect(written).toBe(8n * 16_384n);
    expect(ready.ready()).toBe(false);
    for (const { op, id } of host.asked)
      if (op === "tcp-send") host.always.set(String(id), reply());
    host.answer("tcp-send", reply());
    expect(ready.ready()).toBe(false);
  });

  it("ends a direction when it is told to", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", reply(CONNECTION));
    const [input, output] = tcp.finishConnect();
    tcp.shutdown("send");
    expect(host.last("tcp-shutdown").head).toEqual({ id: 1, how: "send" });
    expect(errorOf(() => output.checkWrite())).toEqual({ tag: "closed" });
    expect(input.read(1n)).toEqual(new Uint8Array(0));
    tcp.shutdown("receive");
    tcp.shutdown("both");
    expect(errorOf(() => input.read(1n))).toEqual({ tag: "closed" });
  });

  it("listens and accepts", () => {
    const { host, network, tcp } = begin("sockets");
    host.always.set("tcp-bind", reply(["127.0.0.1", 8080]));
    host.always.set("tcp-listen", reply());
    tcp.startBind(network, LOCAL);
    tcp.finishBind();
    expect(tcp.isListening()).toBe(false);
    tcp.setKeepAliveEnabled(true);
    tcp.setHopLimit(12);
    tcp.startListen();
    tcp.finishListen();
    expect(tcp.isListening()).toBe(true);
    const ready = tcp.subscribe();
    expect(ready.ready()).toBe(false);
    expect(errorOf(() => tcp.accept())).toBe("would-block");
    expect(host.asked.filter(({ op }) => op === "tcp-accept")).toHaveLength(1);
    host.answer("tcp-accept", reply({ local: ["127.0.0.1", 8080], remote: ["127.0.0.1", 9] }));
    expect(ready.ready()).toBe(true);
    const [client, input] = tcp.accept();
    expect(client.remoteAddress()).toEqual(v4([127, 0, 0, 1], 9));
    expect(client.hopLimit()).toBe(12);
    expect(client.keepAliveEnabled()).toBe(true);
    input.read(1n);
    expect(host.last("tcp-receive").head).toMatchObject({
      id: (host.last("tcp-accept").head as { as: number }).as,
    });
    expect(errorOf(() => tcp.startListen())).toBe("invalid-state");
    expect(errorOf(() => tcp.startConnect(network, REMOTE))).toBe("invalid-state");
  });

  it("has options that are clamped, and never 0", () => {
    const { tcp } = begin();
    expect(errorOf(() => tcp.setHopLimit(0))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setKeepAliveIdleTime(0n))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setKeepAliveInterval(0n))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setKeepAliveCount(0))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setReceiveBufferSize(0n))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setSendBufferSize(0n))).toBe("invalid-argument");
    expect(errorOf(() => tcp.setListenBacklogSize(0n))).toBe("invalid-argument");
    tcp.setKeepAliveIdleTime(1n);
    tcp.setKeepAliveInterval(2n ** 64n - 1n);
    tcp.setKeepAliveCount(2 ** 32 - 1);
    tcp.setReceiveBufferSize(1n);
    tcp.setSendBufferSize(2n ** 64n - 1n);
    expect(tcp.keepAliveIdleTime()).toBe(1_000_000_000n);
    expect(tcp.keepAliveInterval()).toBe(32_767_000_000_000n);
    expect(tcp.keepAliveCount()).toBe(127);
    expect(tcp.receiveBufferSize()).toBe(2304n);
    expect(tcp.sendBufferSize()).toBe(4_194_304n);
  });

  it("closes the connection with the last of its three handles", () => {
    const { host, network, tcp } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    host.answer("tcp-connect", reply(CONNECTION));
    const [input, output] = tcp.finishConnect();
    input.read(1n);
    output.checkWrite();
    output.write(new Uint8Array(3));
    drop(tcp);
    drop(output);
    expect(host.asked.map(({ op }) => op)).not.toContain("close");
    drop(input);
    expect(host.last("close").head).toEqual({ id: 1 });
    expect(host.open).toBe(0);
  });

  it("leaves nothing behind when its process ends", () => {
    const { host, network, tcp, preview2 } = begin("sockets");
    tcp.startConnect(network, REMOTE);
    preview2.end();
    expect(host.last("tcp-connect").forgotten).toBe(true);
    expect(host.open).toBe(0);
  });
});

describe("udp-socket", () => {
  function bound() {
    const all = begin("sockets");
    all.host.always.set("udp-bind", reply(["0.0.0.0", 4000]));
    all.host.always.set("udp-peer", reply());
    all.udp.startBind(all.network, v4([0, 0, 0, 0], 0));
    all.udp.finishBind();
    return all;
  }

  it("has streams once it is bound", () => {
    const { udp, network, host } = begin("sockets");
    expect(errorOf(() => udp.stream(undefined))).toBe("invalid-state");
    expect(errorOf(() => udp.localAddress())).toBe("invalid-state");
    udp.startBind(network, v4([0, 0, 0, 0], 0));
    expect(errorOf(() => udp.startBind(network, v4([0, 0, 0, 0], 0)))).toBe("concurrency-conflict");
    expect(errorOf(() => udp.finishBind())).toBe("would-block");
    host.answer("udp-bind", reply(["0.0.0.0", 4000]));
    udp.finishBind();
    expect(errorOf(() => udp.finishBind())).toBe("not-in-progress");
    expect(udp.localAddress()).toEqual(v4([0, 0, 0, 0], 4000));
    expect(errorOf(() => udp.remoteAddress())).toBe("invalid-state");
  });

  it("sends what was permitted, and says how much of it", () => {
    const { udp, host } = bound();
    const [, outgoing] = udp.stream(undefined);
    expect(outgoing.checkSend()).toBe(16n);
    expect(outgoing.send([])).toBe(0n);
    expect(outgoing.checkSend()).toBe(16n);
    host.always.set("udp-send", reply({ sent: 1, code: "remote-unreachable" }));
    const data = new Uint8Array([1, 2]);
    const two = [
      { data, remoteAddress: REMOTE },
      { data, remoteAddress: REMOTE },
    ];
    expect(outgoing.send(two)).toBe(1n);
    expect(host.last("udp-send")).toMatchObject({
      head: {
        datagrams: [
          ["10.0.0.5", 5432, 2],
          ["10.0.0.5", 5432, 2],
        ],
      },
      body: new Uint8Array([1, 2, 1, 2]),
    });
    host.always.set("udp-send", reply({ sent: 0, code: "access-denied" }));
    outgoing.checkSend();
    expect(errorOf(() => outgoing.send(two))).toBe("access-denied");
    outgoing.checkSend();
    expect(errorOf(() => outgoing.send([{ data }]))).toBe("invalid-argument");
    outgoing.checkSend();
    expect(
      errorOf(() => outgoing.send([{ data: new Uint8Array(65_508), remoteAddress: REMOTE }])),
    ).toBe("datagram-too-large");
  });

  it("traps for more than was permitted", () => {
    const { udp } = bound();
    const [, outgoing] = udp.stream(undefined);
    const send = () => outgoing.send([{ data: new Uint8Array(0), remoteAddress: REMOTE }]);
    expect(send).toThrow(WebAssembly.RuntimeError);
    expect(() => udp.localAddress()).toThrow(WebAssembly.RuntimeError);
  });

  it("traps for new streams while there are old ones", () => {
    const { udp } = bound();
    const [incoming, outgoing] = udp.stream(REMOTE);
    expect(udp.remoteAddress()).toEqual(REMOTE);
    drop(incoming);
    drop(outgoing);
    udp.stream(undefined);
    expect(() => udp.stream(undefined)).toThrow(WebAssembly.RuntimeError);
  });

  it("sends to its peer alone", () => {
    const { udp, host } = bound();
    const [, outgoing] = udp.stream(REMOTE);
    outgoing.checkSend();
    host.always.set("udp-send", reply({ sent: 1 }));
    const data = new Uint8Array([1]);
    expect(outgoing.send([{ data }])).toBe(1n);
    outgoing.checkSend();
    expect(outgoing.send([{ data, remoteAddress: REMOTE }])).toBe(1n);
    outgoing.checkSend();
    expect(errorOf(() => outgoing.send([{ data, remoteAddress: LOCAL }]))).toBe("invalid-argument");
  });

  it("receives no more than it is asked for", () => {
    const { udp, host } = bound();
    const [incoming] = udp.stream(undefined);
    const ready = incoming.subscribe();
    expect(incoming.receive(0n)).toEqual([]);
    expect(ready.ready()).toBe(false);
    expect(incoming.receive(5n)).toEqual([]);
    const head = [
      ["10.0.0.5", 1, 1],
      ["10.0.0.6", 2, 0],
      ["10.0.0.7", 3, 2],
    ];
    host.answer("udp-receive", reply(head, new Uint8Array([1, 2, 3])));
    expect(incoming.receive(1n)).toEqual([
      { data: new Uint8Array([1]), remoteAddress: v4([10, 0, 0, 5], 1) },
    ]);
    expect(ready.ready()).toBe(true);
    expect(incoming.receive(2n ** 64n - 1n).map(({ data }) => data.length)).toEqual([0, 2]);
    expect(ready.ready()).toBe(false);
    expect(host.asked.filter(({ op }) => op === "udp-receive")).toHaveLength(2);
  });

  it("is closed with the last of its handles", () => {
    const { udp, host } = bound();
    const [incoming, outgoing] = udp.stream(undefined);
    drop(udp);
    drop(incoming);
    expect(host.asked.map(({ op }) => op)).not.toContain("close");
    drop(outgoing);
    expect(host.last("close").head).toEqual({ id: 2 });
    expect(host.open).toBe(0);
  });
});

describe("names", () => {
  it("lead to addresses, one after the other", () => {
    const { imports, network, host } = begin("sockets");
    const lookup = imports["wasi:sockets/ip-name-lookup"];
    const stream = lookup.resolveAddresses(network, "Example.COM");
    expect(host.last("lookup").head).toEqual({ name: "example.com" });
    expect(stream.subscribe().ready()).toBe(false);
    expect(errorOf(() => stream.resolveNextAddress())).toBe("would-block");
    host.answer("lookup", reply(["93.184.216.34", "2606::1"]));
    expect(stream.resolveNextAddress()).toEqual({ tag: "ipv4", val: [93, 184, 216, 34] });
    expect(stream.resolveNextAddress()).toEqual({
      tag: "ipv6",
      val: [0x26_06, 0, 0, 0, 0, 0, 0, 1],
    });
    expect(stream.resolveNextAddress()).toBeUndefined();
    expect(stream.subscribe().ready()).toBe(true);
  });

  it("may fail", () => {
    const { imports, network, host } = begin("sockets");
    const stream = imports["wasi:sockets/ip-name-lookup"].resolveAddresses(network, "x.test");
    host.answer("lookup", refusal("name-unresolvable"));
    expect(errorOf(() => stream.resolveNextAddress())).toBe("name-unresolvable");
  });

  it.each(["::1", "[::1]", "127.0.0.1"])("%s is its own answer, without a grant", (name) => {
    const { imports, network, host, denials } = begin();
    const stream = imports["wasi:sockets/ip-name-lookup"].resolveAddresses(network, name);
    expect(stream.resolveNextAddress()).toMatchObject({
      tag: name.includes(":") ? "ipv6" : "ipv4",
    });
    expect(stream.resolveNextAddress()).toBeUndefined();
    expect(host.asked).toEqual([]);
    expect(denials).toEqual([]);
  });

  it.each(["", "a b", "example.com:80", "http://example.com", "[::1]:80", "127.1", "2130706433"])(
    "%j is none",
    (name) => {
      const { imports, network } = begin("sockets");
      const lookup = imports["wasi:sockets/ip-name-lookup"];
      expect(errorOf(() => lookup.resolveAddresses(network, name))).toBe("invalid-argument");
    },
  );
});

describe("without a grant", () => {
  it("all is refused, and told", () => {
    const { tcp, udp, network, imports, denials, host } = begin();
    const lookup = imports["wasi:sockets/ip-name-lookup"];
    expect(errorOf(() => tcp.startConnect(network, REMOTE))).toBe("access-denied");
    expect(errorOf(() => tcp.startBind(network, LOCAL))).toBe("access-denied");
    expect(errorOf(() => udp.startBind(network, v4([0, 0, 0, 0], 0)))).toBe("access-denied");
    expect(errorOf(() => lookup.resolveAddresses(network, "example.com"))).toBe("access-denied");
    expect(host.asked).toEqual([]);
    expect(denials.map(({ kind, call, path }) => [kind, call, path])).toEqual([
      ["sockets", "start-connect", "tcp://10.0.0.5:5432"],
      ["sockets", "start-bind", "tcp://127.0.0.1:8080"],
      ["sockets", "start-bind", "udp://0.0.0.0:0"],
      ["sockets", "resolve-addresses", "example.com"],
    ]);
  });
});

/** Guests that try to reach what they were not granted: tricks with addresses, ports and names. */
import type { LookupAddress } from "node:dns";
import { networkInterfaces } from "node:os";
import type { SocketsGrant } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { componentPath } from "../../real-guests/components.js";
import { failureOf } from "../../services/guest-failure.js";
import { echoServer, type TestServer } from "../../services/peers.js";
import { LOOPBACK, openGuest } from "../../services/socket-guests.js";

let fixture: TestEngine;
let inner: TestServer;
/** What a name leads to changes with each time that it is asked for. */
let answers: string[][] = [];
let asked = 0;

async function lookup(): Promise<readonly LookupAddress[]> {
  await Promise.resolve();
  const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
  return answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

beforeAll(async () => {
  fixture = await openTestEngine({ sockets: { lookup } });
  inner = await echoServer("127.0.0.1");
});

afterAll(async () => {
  await inner.close();
  await fixture.close();
});

const v6 = (...parts: number[]) => [...Array<number>(8 - parts.length).fill(0), ...parts];

/** Where the app's own machine, its network and its cloud are found. */
const PRIVATE: readonly (readonly [string, readonly number[]])[] = [
  ["loopback", LOOPBACK],
  ["all of loopback", [127, 255, 0, 1]],
  ["a private network", [10, 0, 0, 1]],
  ["another private network", [172, 16, 5, 4]],
  ["a home's network", [192, 168, 1, 1]],
  ["the metadata of clouds", [169, 254, 169, 254]],
  ["a carrier's network", [100, 64, 0, 1]],
  ["metadata of one cloud", [100, 100, 100, 200]],
  ["this host", [0, 1, 2, 3]],
  ["what is reserved", [240, 0, 0, 1]],
  ["loopback of version 6", v6(1)],
  ["link-local of version 6", [0xfe80, ...v6(1).slice(1)]],
  ["a private network of version 6", [0xfd00, ...v6(1).slice(1)]],
  ["metadata by version 6", [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]],
  ["loopback by translation (NAT64)", [0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 1]],
  ["loopback by 6to4", [0x2002, 0x7f00, 1, 0, 0, 0, 0, 1]],
];

describe("whoever may connect anywhere in public", () => {
  const wide: SocketsGrant = { tcp: { connect: ["*:*", "0.0.0.0/0:*", "[::]:*", "[::/0]:*"] } };

  it("reaches nothing that is private", async () => {
    await using container = await openGuest(fixture.engine, "tcp", wide);
    for (const [what, address] of PRIVATE) {
      const answer = await failureOf(container.call("connect", address, inner.port));
      expect([what, answer]).toEqual([what, "access-denied"]);
    }
    expect(inner.connections).toHaveLength(0);
  });

  it("has no address that is mapped, unspecified or of a group", async () => {
    await using container = await openGuest(fixture.engine, "tcp", wide);
    for (const address of [
      v6(0xffff, 0x7f00, 1),
      v6(0xffff, 0x0a00, 1),
      [0, 0, 0, 0],
      v6(),
      [224, 0, 0, 1],
      [255, 255, 255, 255],
      [0xff02, ...v6(1).slice(1)],
    ]) {
      const answer = await failureOf(container.call("connect", address, inner.port));
      expect([address, answer]).toEqual([address, "invalid-argument"]);
    }
    expect(inner.connections).toHaveLength(0);
  });

  it("sends no datagram there either", async () => {
    const udp = { connect: ["*:*"] };
    await using container = await openGuest(fixture.engine, "udp", { udp });
    await container.call("bind", [0, 0, 0, 0], 0);
    await container.call("open", [], 0);
    for (const [what, address] of PRIVATE.filter(([, { length }]) => length === 4)) {
      const sending = container.call("send", address, 53, Buffer.from("x"), 1);
      expect([what, await failureOf(sending)]).toEqual([what, "access-denied"]);
    }
    expect(container.audit().sockets).toEqual([]);
  });
});

describe("whoever may listen at one place", () => {
  it("does so there alone", async () => {
    await using container = await openGuest(fixture.engine, "tcp", {
      tcp: { listen: ["127.0.0.1:40000-40010"] },
    });
    const external = Object.values(networkInterfaces())
      .flat()
      .find((found) => found?.family === "IPv4" && !found.internal);
    const places: (readonly [readonly number[], number])[] = [
      [LOOPBACK, 0],
      [LOOPBACK, 39_999],
      [LOOPBACK, 80],
      [[0, 0, 0, 0], 40_000],
      [[127, 0, 0, 2], 40_000],
      [v6(), 40_000],
      [v6(1), 40_000],
      ...(external === undefined
        ? []
        : [[external.address.split(".").map(Number), 40_000] as const]),
    ];
    for (const [address, port] of places) {
      const answer = await failureOf(container.call("listen", address, port));
      expect([address, port, answer]).toEqual([address, port, "access-denied"]);
    }
  });

  it("is connected to nothing by it", async () => {
    await using container = await openGuest(fixture.engine, "tcp", {
      tcp: { listen: ["127.0.0.1:*"] },
    });
    const at = await container.call("create", false);
    await container.call("start-bind", at, LOOPBACK, 0);
    await container.call("await", at);
    await container.call("finish-bind", at);
    await container.call("start-connect", at, LOOPBACK, inner.port);
    await container.call("await", at);
    expect(await failureOf(container.call("finish-connect", at))).toBe("access-denied");
    expect(inner.connections).toHaveLength(0);
  });
});

describe("a name whose addresses change", () => {
  it("leads to what was found first, and never to the app's own network", async () => {
    answers = [["93.184.216.34"], ["127.0.0.1"]];
    asked = 0;
    const image = await fixture.engine.loadImage(componentPath("services/lookup"));
    await using container = await fixture.engine.createContainer(image, {
      grants: { sockets: { tcp: { connect: [`rebind.test:${inner.port}`] } } },
    });
    const first = Buffer.from((await container.call("find", "rebind.test")) as Uint8Array);
    expect([...first]).toEqual([4, 0, 93, 0, 184, 0, 216, 0, 34]);
    // The second answer is private: the guest is not even told of it.
    expect(await failureOf(container.call("find", "rebind.test"))).toBe("name-unresolvable");
    expect(asked).toBe(2);
  });

  it("is not asked again when a guest connects", async () => {
    answers = [["127.0.0.1"]];
    asked = 0;
    await using container = await openGuest(fixture.engine, "tcp", {
      tcp: { connect: [`rebind.test:${inner.port}`] },
      lookup: true,
    });
    expect(await failureOf(container.call("connect", LOOPBACK, inner.port))).toBe("access-denied");
    expect(asked).toBe(0);
    expect(inner.connections).toHaveLength(0);
  });

  it("is none if it is an address in other words, and opens nothing", async () => {
    answers = [["127.0.0.1"]];
    asked = 0;
    const image = await fixture.engine.loadImage(componentPath("services/lookup"));
    await using container = await fixture.engine.createContainer(image, {
      grants: { sockets: { lookup: true } },
    });
    for (const name of [
      "127.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "127.0.0.1.",
      "[::ffff:127.0.0.1]",
      "::ffff:7f00:1",
      "localhost\0.rebind.test",
      "rebind.test@127.0.0.1",
      "127.0.0.1/rebind.test",
      "127.0.0.1%25.rebind.test",
      "rebind.test:80",
      "http://rebind.test",
    ]) {
      const answer = await failureOf(container.call("find", name));
      expect([name, ["invalid-argument", "none"].includes(answer)]).toEqual([name, true]);
    }
    expect(asked).toBe(0);
  });
});

it("nobody who is granted no socket has a socket", async () => {
  const grants = { http: [{ origin: "http://127.0.0.1" }] };
  const image = await fixture.engine.loadImage(componentPath("services/tcp"));
  await using container = await fixture.engine.createContainer(image, { grants });
  expect(await failureOf(container.call("connect", LOOPBACK, inner.port))).toBe("access-denied");
  expect(await failureOf(container.call("listen", LOOPBACK, 0))).toBe("access-denied");
  expect(inner.connections).toHaveLength(0);
});

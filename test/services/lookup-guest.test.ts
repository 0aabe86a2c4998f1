/** wasi:sockets/ip-name-lookup in guests, and where names lead. */
import type { LookupAddress } from "node:dns";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { failureOf } from "./guest-failure.js";
import { echoServer } from "./peers.js";
import { denialsOf, openGuest } from "./socket-guests.js";

let fixture: TestEngine;
let asked: string[] = [];
const names = new Map<string, readonly string[]>();

async function lookup(name: string): Promise<readonly LookupAddress[]> {
  asked.push(name);
  await Promise.resolve();
  const found = names.get(name);
  if (found !== undefined) {
    return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  }
  const code = name.startsWith("later") ? "EAI_AGAIN" : "ENOTFOUND";
  throw Object.assign(new Error(`${code} ${name}`), { code });
}

beforeAll(async () => {
  fixture = await openTestEngine({ sockets: { lookup } });
});

afterAll(() => fixture.close());

beforeEach(() => {
  asked = [];
  names.clear();
});

/** As `find` gives them, in text. */
function addressesIn(found: unknown): string[] {
  const bytes = Buffer.from(found as Uint8Array);
  const addresses: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const count = bytes[at++] === 4 ? 4 : 8;
    const parts = Array.from({ length: count }, (_, n) => bytes.readUInt16BE(at + 2 * n));
    at += 2 * count;
    addresses.push(
      count === 4 ? parts.join(".") : parts.map((part) => part.toString(16)).join(":"),
    );
  }
  return addresses;
}

describe("a name", () => {
  it("is looked up by the host, once", async () => {
    names.set("db.test", ["93.184.216.34", "2606:2800:220:1::1", "93.184.216.34"]);
    await using container = await openGuest(fixture.engine, "lookup", { lookup: ["db.test"] });
    expect(addressesIn(await container.call("find", "DB.test."))).toEqual([
      "93.184.216.34",
      "2606:2800:220:1:0:0:0:1",
    ]);
    expect(asked).toEqual(["db.test"]);
    expect(container.audit().sockets).toEqual([{ grant: "lookup", target: "db.test", count: 1 }]);
  });

  it("may be one of a rule to connect", async () => {
    names.set("api.db.test", ["93.184.216.34"]);
    await using container = await openGuest(fixture.engine, "lookup", {
      tcp: { connect: ["*.db.test:5432"] },
    });
    expect(addressesIn(await container.call("find", "api.db.test"))).toEqual(["93.184.216.34"]);
    expect(await failureOf(container.call("find", "db.test"))).toBe("access-denied");
  });

  it.each([
    ["nowhere.test", "name-unresolvable"],
    ["later.test", "temporary-resolver-failure"],
    ["", "invalid-argument"],
    ["a b", "invalid-argument"],
    ["x".repeat(300), "invalid-argument"],
    ["evil.test\0.good.test", "invalid-argument"],
    ["127.0.0.1:80", "invalid-argument"],
    ["[127.0.0.1]", "invalid-argument"],
    ["[::1]:80", "invalid-argument"],
    ["fe80::1%eth0", "invalid-argument"],
    ["http://good.test/", "invalid-argument"],
  ])("%j is answered with %s", async (name, code) => {
    await using container = await openGuest(fixture.engine, "lookup", { lookup: true });
    expect(await failureOf(container.call("find", name))).toBe(code);
  });

  it("that is an address is its own answer, and nobody is asked", async () => {
    await using container = await openGuest(fixture.engine, "lookup", undefined);
    expect(addressesIn(await container.call("find", "10.0.0.1"))).toEqual(["10.0.0.1"]);
    expect(addressesIn(await container.call("find", "[::1]"))).toEqual(["0:0:0:0:0:0:0:1"]);
    expect(asked).toEqual([]);
  });

  it("needs a grant, and the refusal names it", async () => {
    const denied = await denialsOf(fixture.engine, async () => {
      await using none = await openGuest(fixture.engine, "lookup", undefined);
      expect(await failureOf(none.call("find", "db.test"))).toBe("access-denied");
      await using some = await openGuest(fixture.engine, "lookup", { lookup: ["*.db.test"] });
      expect(await failureOf(some.call("find", "db.test.evil.test"))).toBe("access-denied");
    });
    expect(denied).toEqual([
      {
        kind: "sockets",
        call: "resolve-addresses",
        path: "db.test",
        grant: { sockets: { lookup: ["db.test"] } },
      },
      {
        kind: "sockets",
        call: "resolve-addresses",
        path: "db.test.evil.test",
        grant: { sockets: { lookup: ["db.test.evil.test"] } },
      },
    ]);
    expect(asked).toEqual([]);
  });
});

describe("where a name leads", () => {
  it("is not told if it is private and not granted", async () => {
    names.set("db.test", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "93.184.216.34"]);
    await using container = await openGuest(fixture.engine, "lookup", {
      tcp: { connect: ["10.0.0.0/8:5432"] },
      lookup: true,
    });
    expect(addressesIn(await container.call("find", "db.test"))).toEqual([
      "10.0.0.1",
      "93.184.216.34",
    ]);
    names.set("inner.test", ["127.0.0.1"]);
    expect(await failureOf(container.call("find", "inner.test"))).toBe("name-unresolvable");
  });

  it("opens no private address to who has the name alone", async () => {
    const server = await echoServer("127.0.0.1");
    try {
      names.set("db.test", ["127.0.0.1"]);
      await using container = await openGuest(fixture.engine, "tcp", {
        tcp: { connect: [`db.test:${server.port}`] },
      });
      const connecting = container.call("connect", [127, 0, 0, 1], server.port);
      expect(await failureOf(connecting)).toBe("access-denied");
      expect(server.connections).toHaveLength(0);
    } finally {
      await server.close();
    }
  });
});

it("the system's own resolver is asked by default", async () => {
  const other = await openTestEngine();
  try {
    await using container = await openGuest(other.engine, "lookup", {
      tcp: { connect: ["127.0.0.0/8:*", "[::1]:*"] },
      lookup: ["localhost"],
    });
    const found = addressesIn(await container.call("find", "localhost"));
    expect(found.length).toBeGreaterThan(0);
    expect(["127.0.0.1", "0:0:0:0:0:0:0:1"]).toEqual(expect.arrayContaining(found));
  } finally {
    await other.close();
  }
});

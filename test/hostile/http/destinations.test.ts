import { describe, expect, it } from "vitest";
import { GuestSide, RawServer } from "../../http/guest-side.js";

const HELLO = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/** What a lookup answers, one address after the other. */
function answering(...addresses: string[]) {
  let asked = 0;
  return async () => {
    const address = addresses[Math.min(asked++, addresses.length - 1)] ?? "";
    return [{ address, family: address.includes(":") ? 6 : 4 }];
  };
}

function redirecting(location: string): string {
  return `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
}

describe("addresses that are not granted", () => {
  it.each([
    "http://127.0.0.1:1",
    "http://127.1:1",
    "http://2130706433:1",
    "http://0x7f000001:1",
    "http://0177.0.0.1:1",
    "http://0x7f.1:1",
    "http://127.0.0.1.:1",
    "http://0:1",
    "http://[::1]:1",
    "http://[::ffff:127.0.0.1]:1",
    "http://[0:0:0:0:0:ffff:7f00:1]:1",
    "http://[::ffff:a9fe:a9fe]:1",
    "http://169.254.169.254",
    "http://0xa9fea9fe",
    "http://2852039166",
    "http://169.254.43518",
    "http://[fd00:ec2::254]",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[2002:a9fe:a9fe::]",
    "http://168.63.129.16",
    "http://100.100.100.200",
    "http://192.168.0.1",
    "http://⑯⑨.254.169.254",
    "http://%31%32%37.1:1",
  ])("%s, by any of its names", async (origin) => {
    using guest = new GuestSide([{ origin: "http://*" }, { origin: "http://*:1" }]);
    expect(await guest.codeOf(guest.open(`${origin}/latest/meta-data`))).toBe(
      "destination-IP-prohibited",
    );
    expect(guest.refused).toHaveLength(1);
    expect(guest.refused[0]?.address).toBeDefined();
  });

  it.each(["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00:ec2::254"])(
    "a name that leads to %s",
    async (address) => {
      using guest = new GuestSide([{ origin: "http://innocent.example" }], {
        lookup: answering(address),
      });
      expect(await guest.codeOf(guest.open("http://innocent.example/"))).toBe(
        "destination-IP-prohibited",
      );
      expect(guest.refused).toEqual([{ method: "GET", url: "http://innocent.example/", address }]);
    },
  );

  it("a name that changes its answer: the first one is checked, and is the one that is used", async () => {
    await using server = await RawServer.open(HELLO);
    let asked = 0;
    const origin = `http://rebinding.example:${server.port}`;
    using guest = new GuestSide([{ origin, addresses: ["192.0.2.0/24"] }], {
      lookup: async () => {
        asked++;
        return [{ address: asked === 1 ? "192.0.2.1" : "127.0.0.1", family: 4 }];
      },
    });
    // The first leads nowhere, and no second answer is asked for in its place.
    const first = guest.open(`${origin}/`, { connectTimeoutMs: 50 });
    expect(await guest.codeOf(first)).not.toContain("no refusal");
    expect(asked).toBe(1);
    expect(await guest.codeOf(guest.open(`${origin}/`))).toBe("destination-IP-prohibited");
    expect(server.connections).toBe(0);
  });

  it("one of several: only the others are used", async () => {
    await using server = await RawServer.open(HELLO);
    const origin = `http://mixed.example:${server.port}`;
    using guest = new GuestSide([{ origin, addresses: ["127.0.0.0/8"] }], {
      lookup: async () => [
        { address: "10.0.0.1", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ],
    });
    expect((await guest.fetch(`${origin}/`)).text).toBe("hello");
  });

  it("a resolver that lies or fails", async () => {
    for (const lookup of [
      async () => [],
      async () => [{ address: "not an address", family: 4 }],
      async () => Promise.reject(new Error("/etc/secret cannot be read")),
      async () => Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" })),
    ]) {
      using guest = new GuestSide([{ origin: "http://odd.example", addresses: "any" }], { lookup });
      const failing = guest.open("http://odd.example/");
      await expect(failing).rejects.not.toThrow("secret");
      expect(await guest.codeOf(failing)).toBe("DNS-error");
    }
  });
});

describe("redirects", () => {
  async function codeAfter(location: (own: string) => string, more: object = {}) {
    await using other = await RawServer.open(HELLO);
    await using server = await RawServer.open((socket) => {
      socket.write(redirecting(location(server.url).replace("OTHER", String(other.port))));
    });
    using guest = new GuestSide([
      {
        origin: server.url,
        pathPrefix: "/v1/",
        addresses: ["127.0.0.1/32"],
        redirects: 3,
        ...more,
      },
      { origin: "http://*", redirects: 3 },
    ]);
    const code = await guest.codeOf(guest.fetch(`${server.url}/v1/x`));
    expect(other.connections).toBe(0);
    return code;
  }

  it.each([
    ["metadata", () => "http://169.254.169.254/latest/", "destination-IP-prohibited"],
    ["metadata by a number", () => "http://2852039166/", "destination-IP-prohibited"],
    ["another port", () => "http://127.0.0.1:OTHER/", "HTTP-request-denied"],
    ["another path", () => "/v2/x", "HTTP-request-denied"],
    ["another path, hidden", () => "/v1/..%2fv2", "HTTP-request-denied"],
    ["another scheme", (own: string) => own.replace("http:", "https:"), "HTTP-request-denied"],
    ["itself, for ever", () => "/v1/x", "loop-detected"],
  ])("to %s", async (_, location, code) => {
    expect(await codeAfter(location)).toBe(code);
  });

  it.each([
    ["a file", "file:///etc/passwd"],
    ["a user", "http://user:pass@127.0.0.1/"],
    ["no URL", "http://["],
    ["nowhere", "\x01"],
    ["a script", "javascript:alert(1)"],
  ])("to %s are not followed: the guest gets them as they are", async (_, location) => {
    await using server = await RawServer.open(redirecting(location));
    using guest = new GuestSide([{ origin: server.url, addresses: "any", redirects: 3 }]);
    const code = await guest.codeOf(guest.fetch(`${server.url}/`));
    expect(code).toMatch(/"status":302|HTTP-protocol-error/);
  });

  it("lose credentials and what was meant for the first origin on their way to another", async () => {
    await using second = await RawServer.open(HELLO);
    await using first = await RawServer.open(redirecting(`${second.url}/`));
    using guest = new GuestSide([
      {
        origin: first.url,
        addresses: "any",
        redirects: 1,
        credentials: { "x-key": "of-the-first" },
      },
      { origin: second.url, addresses: "any", credentials: { "x-other": "of-the-second" } },
    ]);
    const { text } = await guest.fetch(`${first.url}/`, {
      headers: [
        ["authorization", "of-the-guest"],
        ["accept", "text/plain"],
      ],
    });
    expect(text).toBe("hello");
    expect(first.received).toContain("of-the-first");
    expect(first.received).toContain("of-the-guest");
    expect(second.received).toContain("of-the-second");
    expect(second.received).toContain("text/plain");
    expect(second.received).not.toContain("of-the-first");
    expect(second.received).not.toContain("of-the-guest");
  });

  it("that would send a body again which is gone are left to the guest", async () => {
    await using server = await RawServer.open(
      "HTTP/1.1 307 Again\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n",
    );
    using guest = new GuestSide([
      { origin: server.url, methods: "any", addresses: "any", redirects: 3 },
    ]);
    const opening = guest.open(`${server.url}/`, { method: "POST", more: true });
    await guest.call("finish-body", { request: 1 });
    expect((await opening).status).toBe(307);
    expect(server.connections).toBe(1);
  });
});

import { describe, expect, it } from "vitest";
import type { HttpFields, HttpRequestHead } from "../../../src/base/http-messages.js";
import { GuestSide, RawServer } from "../../http/guest-side.js";

const HELLO = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

async function codeOf(more: Partial<HttpRequestHead>, body?: Uint8Array): Promise<string> {
  await using server = await RawServer.open(HELLO);
  using guest = new GuestSide([
    { origin: server.url, methods: "any", addresses: "any", maxRequestBytes: 10 },
  ]);
  const code = await guest.codeOf(
    guest.fetch(`${server.url}/`, { method: "POST", ...more }, body as Uint8Array<ArrayBuffer>),
  );
  if (!code.startsWith("no refusal")) expect(server.received).toBe("");
  return code;
}

describe("requests that mean something else on the wire", () => {
  it.each<[string, HttpFields, string]>([
    ["CR and LF in a value", [["x", "a\r\nhost: evil"]], "HTTP-protocol-error"],
    ["LF in a value", [["x", "a\nx: y"]], "HTTP-protocol-error"],
    ["NUL in a value", [["x", "a\0b"]], "HTTP-protocol-error"],
    ["a folded value", [["x", "a\r\n b"]], "HTTP-protocol-error"],
    ["a character above a byte", [["x", "\u{10D}\u{10A}"]], "HTTP-protocol-error"],
    ["a name with a colon", [["x:y", "a"]], "HTTP-protocol-error"],
    ["a name with a line's end", [["x\r\ny", "a"]], "HTTP-protocol-error"],
    ["a name with a space", [["content-length ", "1"]], "HTTP-protocol-error"],
    ["no name", [["", "a"]], "HTTP-protocol-error"],
    [
      "two lengths",
      [
        ["content-length", "0"],
        ["Content-Length", "0"],
      ],
      "HTTP-request-denied",
    ],
    ["a length with a sign", [["content-length", "+0"]], "HTTP-request-denied"],
    ["a length that is a list", [["content-length", "0, 0"]], "HTTP-request-denied"],
    ["a length that lies", [["content-length", "5"]], "HTTP-request-body-size"],
    ["a coding", [["Transfer-Encoding", "chunked"]], "HTTP-request-denied"],
    ["another host", [["Host", "evil.example"]], "HTTP-request-denied"],
    ["connection", [["connection", "x-key"]], "HTTP-request-denied"],
    ["upgrade", [["upgrade", "websocket"]], "HTTP-request-denied"],
    ["te", [["TE", "trailers"]], "HTTP-request-denied"],
    ["expect", [["expect", "100-continue"]], "HTTP-request-denied"],
    ["of a proxy", [["Proxy-Authorization", "x"]], "HTTP-request-denied"],
    ["of HTTP/2", [["http2-settings", "x"]], "HTTP-request-denied"],
    ["cookies", [["Cookie", "a=b"]], "HTTP-request-denied"],
    [
      "too many",
      Array.from({ length: 129 }, (_, n) => [`x-${n}`, ""] as const),
      "HTTP-request-header-section-size",
    ],
    ["too long", [["x", "a".repeat(40_000)]], "HTTP-request-header-section-size"],
  ])("headers: %s", async (_, headers, code) => {
    expect(await codeOf({ headers })).toBe(code);
  });

  it("headers of names that objects have", async () => {
    const headers: HttpFields = [
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ];
    expect(await codeOf({ headers })).toContain('"status":200');
  });

  it.each([
    ["a user in its authority", { authority: "user:pass@127.0.0.1" }],
    ["a path in its authority", { authority: "127.0.0.1/x" }],
    ["a backslash in its authority", { authority: "127.0.0.1\\x" }],
    ["a fragment in its authority", { authority: "127.0.0.1#x" }],
    ["a space in its authority", { authority: "127.0.0.1 evil" }],
    ["a line's end in its authority", { authority: "127.0.0.1\r\nx: y" }],
    ["no authority", { authority: "" }],
    ["a bad port", { authority: "127.0.0.1:99999" }],
    ["a line's end in its path", { pathWithQuery: "/a HTTP/1.1\r\nx: y" }],
    ["a tab in its path", { pathWithQuery: "/a\tb" }],
    ["a fragment", { pathWithQuery: "/a#b" }],
    ["a path that is none", { pathWithQuery: "a" }],
    ["another scheme", { scheme: "file" }],
    ["a scheme with more", { scheme: "http://evil.example/?" }],
  ])("URLs with %s", async (_, more) => {
    expect(await codeOf(more)).toBe("HTTP-request-URI-invalid");
  });

  it("URLs that are too long", async () => {
    expect(await codeOf({ pathWithQuery: `/${"a".repeat(9000)}` })).toBe(
      "HTTP-request-URI-too-long",
    );
  });

  it.each([
    ["GET / HTTP/1.1\r\n", "HTTP-request-method-invalid"],
    ["G ET", "HTTP-request-method-invalid"],
    ["", "HTTP-request-method-invalid"],
    ["A".repeat(65), "HTTP-request-method-invalid"],
    ["CONNECT", "HTTP-request-denied"],
    ["Trace", "HTTP-request-denied"],
  ])("the method %j", async (method, code) => {
    expect(await codeOf({ method })).toBe(code);
  });

  it("bodies that are larger than they may be", async () => {
    expect(await codeOf({}, new Uint8Array(11))).toBe("HTTP-request-body-size");
    expect(await codeOf({ more: true, headers: [["content-length", "11"]] })).toBe(
      "HTTP-request-body-size",
    );
  });

  it("bodies that are longer or shorter than they say, and larger than they may be", async () => {
    await using server = await RawServer.open(() => undefined);
    for (const [length, bytes] of [
      ["5", 6],
      ["5", 4],
      [undefined, 11],
    ] as const) {
      using guest = new GuestSide([
        { origin: server.url, methods: "any", addresses: "any", maxRequestBytes: 10 },
      ]);
      const headers: HttpFields = length === undefined ? [] : [["content-length", length]];
      const opening = guest.codeOf(
        guest.open(`${server.url}/`, { method: "PUT", more: true, headers }),
      );
      const send = async () => {
        await guest.call("write-body", { request: 1 }, new Uint8Array(bytes));
        await guest.call("finish-body", { request: 1 });
      };
      expect(await guest.codeOf(send())).toBe("HTTP-request-body-size");
      expect(await opening).toBe("HTTP-request-body-size");
    }
    await server.idle();
  });

  it("trailers that would change what came before them", async () => {
    await using server = await RawServer.open(() => undefined);
    using guest = new GuestSide([{ origin: server.url, methods: "any", addresses: "any" }]);
    const opening = guest.codeOf(guest.open(`${server.url}/`, { method: "PUT", more: true }));
    for (const name of ["content-length", "host", "authorization", "Set-Cookie", "trailer"]) {
      const finish = guest.call("finish-body", { request: 1, trailers: [[name, "x"]] });
      expect(await guest.codeOf(finish)).toBe("HTTP-request-denied");
    }
    const split = guest.call("finish-body", { request: 1, trailers: [["x", "a\r\nb: c"]] });
    expect(await guest.codeOf(split)).toBe("HTTP-protocol-error");
    await guest.call("cancel", { request: 1 });
    expect(await opening).toBe("connection-terminated");
  });

  it("calls that are none", async () => {
    using guest = new GuestSide([{ origin: "http://x.example" }]);
    for (const [op, head] of [
      ["request", undefined],
      ["request", { request: 0 }],
      ["request", { request: -1 }],
      ["request", { request: 1.5 }],
      ["request", { request: "1" }],
      ["read-body", { request: 7, max: 1 }],
      ["write-body", { request: 7 }],
      ["finish-body", { request: 7 }],
      ["nonsense", { request: 7 }],
      ["__proto__", { request: 7 }],
    ] as const) {
      expect(await guest.codeOf(guest.call(op, head))).toBe("HTTP-protocol-error");
    }
    await guest.call("cancel", { request: 7 });
    const head = { request: 1, scheme: "http", authority: "x.example", pathWithQuery: "/" };
    for (const headers of [undefined, "x", [1], [["a"]], [[1, 2]], { length: 1 }]) {
      const odd = guest.call("request", { ...head, method: "GET", headers });
      expect(await guest.codeOf(odd)).toBe("HTTP-protocol-error");
    }
  });

  it("more of them than a process may have", async () => {
    await using server = await RawServer.open(() => undefined);
    using guest = new GuestSide([
      { origin: server.url, addresses: "any", maxConcurrent: 512, ratePerSecond: 10_000 },
    ]);
    const codes = Array.from({ length: 300 }, () => guest.codeOf(guest.open(`${server.url}/`)));
    const last = await Promise.all(codes.slice(256));
    expect(new Set(last)).toEqual(new Set(["connection-limit-reached"]));
    guest.service.end?.();
    await Promise.all(codes);
    await server.idle();
  });
});

import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpRequestHead } from "../../../src/base/http-messages.js";
import type { HttpGrant } from "../../../src/http/http-grant.js";
import { GuestSide, RawServer } from "../../http/guest-side.js";

const OK = "HTTP/1.1 200 OK\r\n";

/** Timers that a test of a stalled peer leaves running would outlive it. */
let timers: NodeJS.Timeout[] = [];
afterEach(() => {
  for (const timer of timers) clearInterval(timer);
  timers = [];
});

function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 1);
  timers.push(timer);
  socket.on("close", () => clearInterval(timer));
}

/** Writes as fast as the other side reads. */
function flood(socket: Socket, text: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on("drain", more);
  more();
}

/** Asks the server once, reads all, and sees that no connection is left. */
async function codeOf(
  server: RawServer,
  grant: Partial<HttpGrant> = {},
  more: Partial<HttpRequestHead> = {},
): Promise<string> {
  using guest = new GuestSide([
    { origin: server.url, methods: "any", addresses: "any", idleTimeoutMs: 1000, ...grant },
  ]);
  const code = await guest.codeOf(guest.fetch(`${server.url}/`, more));
  await server.idle();
  return code;
}

describe("a peer that breaks the rules", () => {
  it.each([
    ["no HTTP at all", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP-protocol-error"],
    ["two lengths", `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, "HTTP-protocol-error"],
    [
      "a length and chunks",
      `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      "HTTP-protocol-error",
    ],
    ["a length that is none", `${OK}content-length: -1\r\n\r\n`, "HTTP-protocol-error"],
    ["a length of hexadecimal", `${OK}content-length: 0x10\r\n\r\n`, "HTTP-protocol-error"],
    ["a folded header", `${OK}x-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n`, "HTTP-protocol-error"],
    ["NUL in a header", `${OK}x-a: 1\0 2\r\ncontent-length: 0\r\n\r\n`, "HTTP-protocol-error"],
    ["a name with a space", `${OK}x a: 1\r\ncontent-length: 0\r\n\r\n`, "HTTP-protocol-error"],
    ["a bad chunk", `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`, "HTTP-protocol-error"],
    [
      "a chunk that is longer",
      `${OK}transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n`,
      "HTTP-protocol-error",
    ],
    [
      "a coding of its own",
      `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      "HTTP-response-transfer-coding",
    ],
    ["a status of 3 words", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP-protocol-error"],
    [
      "a status out of range",
      "HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n",
      "HTTP-protocol-error",
    ],
    [
      "an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "HTTP-upgrade-failed",
    ],
    ["a huge header", `${OK}x: ${"a".repeat(40_000)}\r\n\r\n`, "HTTP-response-header-section-size"],
    [
      "many headers",
      `${OK}${"a: b\r\n".repeat(200)}content-length: 0\r\n\r\n`,
      "HTTP-response-header-section-size",
    ],
    [
      "a body larger than it may be, told before",
      `${OK}content-length: 999999999\r\n\r\n`,
      "HTTP-response-body-size",
    ],
  ])("%s", async (_, answer, code) => {
    await using server = await RawServer.open(answer);
    expect(await codeOf(server, { maxResponseBytes: 1000 })).toBe(code);
  });

  it.each([
    ["before a word", (socket: Socket) => socket.destroy(), "connection-terminated"],
    ["in its headers", (socket: Socket) => socket.end(`${OK}x-a: `), "connection-terminated"],
    [
      "in a body with a length",
      (socket: Socket) => socket.end(`${OK}content-length: 9\r\n\r\nab`),
      "HTTP-response-incomplete",
    ],
    [
      "in a chunk",
      (socket: Socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n9\r\nab`),
      "HTTP-response-incomplete",
    ],
    [
      "between chunks",
      (socket: Socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`),
      "HTTP-response-incomplete",
    ],
  ])("closes %s", async (_, answer, code) => {
    await using server = await RawServer.open(answer);
    expect(await codeOf(server)).toBe(code);
  });

  it.each([
    ["before a word", () => undefined, "connection-read-timeout"],
    ["in its headers", (socket: Socket) => socket.write(`${OK}x-a: `), "connection-read-timeout"],
    [
      "in its body",
      (socket: Socket) => socket.write(`${OK}content-length: 9\r\n\r\nab`),
      "connection-read-timeout",
    ],
    [
      "before its trailers",
      (socket: Socket) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`),
      "connection-read-timeout",
    ],
  ])("stalls %s", async (_, answer, code) => {
    await using server = await RawServer.open(answer);
    expect(await codeOf(server, { idleTimeoutMs: 60 })).toBe(code);
  });

  it("sends its headers byte by byte", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(OK);
      drip(socket, "x");
    });
    expect(await codeOf(server, { idleTimeoutMs: 100 })).toBe("connection-read-timeout");
  });

  it("sends a body byte by byte, for ever", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(`${OK}\r\n`);
      drip(socket, "x");
    });
    expect(await codeOf(server, { timeoutMs: 150 })).toBe("HTTP-response-timeout");
  });

  it("sends a body without an end", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(`${OK}\r\n`);
      flood(socket, "x".repeat(65_536));
    });
    expect(await codeOf(server, { maxResponseBytes: 2 ** 20 })).toBe("HTTP-response-body-size");
  });

  it("sends headers without an end", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(OK);
      flood(socket, "x-a: b\r\n".repeat(1000));
    });
    expect(await codeOf(server)).toBe("HTTP-response-header-section-size");
  });

  it("sends trailers without an end", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`);
      flood(socket, "x-a: b\r\n".repeat(1000));
    });
    expect(await codeOf(server)).toBe("HTTP-response-trailer-section-size");
  });

  it("sends extensions of a chunk without an end", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n1;`);
      flood(socket, "x=y;".repeat(1000));
    });
    expect(await codeOf(server)).toBe("HTTP-protocol-error");
  });

  it("sends responses of 1xx without an end", async () => {
    await using server = await RawServer.open((socket) => {
      flood(socket, "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(10));
    });
    expect(await codeOf(server)).toBe("HTTP-protocol-error");
  });

  it("answers twice on one connection: the second goes to nobody", async () => {
    const one = `${OK}content-length: 1\r\n\r\na`;
    await using server = await RawServer.open(`${one}${one.replace(/a$/, "b")}`);
    using guest = new GuestSide([{ origin: server.url, addresses: "any" }]);
    const answers = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const { status } = await guest.fetch(`${server.url}/`).catch(() => ({ status: 0 }));
      answers.add(String(status));
    }
    expect([...answers].every((status) => status === "200" || status === "0")).toBe(true);
  });

  it("never reads", async () => {
    await using server = await RawServer.open((socket) => void socket.pause());
    using guest = new GuestSide([
      {
        origin: server.url,
        methods: "any",
        addresses: "any",
        idleTimeoutMs: 200,
        maxRequestBytes: 2 ** 40,
      },
    ]);
    const opening = guest.codeOf(guest.open(`${server.url}/`, { method: "POST", more: true }));
    const write = async () => {
      for (;;) await guest.call("write-body", { request: 1 }, new Uint8Array(2 ** 20));
    };
    expect(await guest.codeOf(write())).toBe("connection-write-timeout");
    expect(await opening).toBe("connection-write-timeout");
  });

  it("does not even take the connection", async () => {
    using guest = new GuestSide([{ origin: "http://slow.example", addresses: "any" }], {
      lookup: () => new Promise(() => undefined),
    });
    const opening = guest.open("http://slow.example/", { connectTimeoutMs: 50 });
    expect(await guest.codeOf(opening)).toBe("DNS-timeout");
  });

  it("is not there", async () => {
    const server = await RawServer.open("");
    const { url } = server;
    await server[Symbol.asyncDispose]();
    using guest = new GuestSide([{ origin: url, addresses: "any" }]);
    expect(await guest.codeOf(guest.open(`${url}/`))).toBe("connection-refused");
  });

  it("speaks no TLS", async () => {
    await using server = await RawServer.open(
      (socket) => void socket.write("HTTP/1.1 400 Bad\r\n\r\n"),
    );
    const origin = server.url.replace("http:", "https:");
    using guest = new GuestSide([{ origin, addresses: "any" }]);
    expect(await guest.codeOf(guest.open(`${origin}/`))).toBe("TLS-protocol-error");
  });
});

/** What guests that ask for too much, and peers that answer badly, do to an app: through the public API. */
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, HttpGrant, Image } from "safedock";
import { RawServer } from "../../http/guest-side.js";
import { httpGuestPath } from "../../http-in/http-guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

const OK = "HTTP/1.1 200 OK\r\n";
const MIB = 2 ** 20;

/** Writes as fast as the other side reads. */
function flood(socket: Socket, text: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on("drain", more);
  more();
}

/** Peers, and the codes that guests get; the number is the code's place in wasi:http. */
const PEERS: readonly (readonly [what: string, answer: (socket: Socket) => void, code: RegExp])[] =
  [
    ["says nothing", () => undefined, /read-timeout|error 09/],
    ["closes at once", (socket) => socket.destroy(), /connection-terminated|error 07/],
    ["speaks no HTTP", (socket) => socket.write("220 ready\r\n"), /protocol-error|error 35/],
    [
      "sends headers without an end",
      (socket) => (socket.write(OK), flood(socket, "x-a: b\r\n".repeat(1000))),
      /header-section-size|error 26/,
    ],
    [
      "sends 1xx without an end",
      (socket) => flood(socket, "HTTP/1.1 103 Hints\r\nlink: </x>\r\n\r\n".repeat(10)),
      /protocol-error|error 35/,
    ],
    [
      "sends a coding of its own",
      (socket) => socket.write(`${OK}transfer-encoding: gzip, chunked\r\n\r\n`),
      /transfer-coding|error 31/,
    ],
    [
      "leads to the metadata of a cloud",
      (socket) =>
        socket.write(
          "HTTP/1.1 302 F\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
        ),
      /request-denied|error 15|IP-prohibited|error 04/,
    ],
    [
      "leads to itself, for ever",
      (socket) => socket.write("HTTP/1.1 302 F\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
      /loop-detected|error 36/,
    ],
  ];

/** Peers that fail after their headers. */
const BODIES: readonly (readonly [what: string, answer: (socket: Socket) => void, code: RegExp])[] =
  [
    [
      "sends a body without an end",
      (socket) => (socket.write(`${OK}\r\n`), flood(socket, "x".repeat(65_536))),
      /response-body-size/,
    ],
    [
      "closes within its body",
      (socket) => socket.end(`${OK}content-length: 9\r\n\r\nab`),
      /response-incomplete/,
    ],
    [
      "stalls within its body",
      (socket) => socket.write(`${OK}content-length: 9\r\n\r\nab`),
      /read-timeout/,
    ],
    [
      "sends trailers without an end",
      (socket) => (
        socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`),
        flood(socket, "x-a: b\r\n".repeat(1000))
      ),
      /trailer-section-size/,
    ],
  ];

/** Other ways to write this machine and a cloud's metadata. */
const PLACES = [
  "http://127.0.0.1:1/",
  "http://127.1:1/",
  "http://2130706433:1/",
  "http://0x7f000001:1/",
  "http://0177.0.0.1:1/",
  "http://[::1]:1/",
  "http://[::ffff:127.0.0.1]:1/",
  "http://[64:ff9b::7f00:1]:1/",
  "http://[2002:7f00:1::]:1/",
  "http://169.254.169.254/",
  "http://2852039166/",
  "http://[::ffff:169.254.169.254]/",
  "http://[fd00:ec2::254]/",
];

describe("guests and peers that attack", () => {
  let opened: TestEngine;
  let engine: Engine;
  let command: Image;
  let rust: Image;
  let component: Image;

  beforeAll(async () => {
    opened = await openTestEngine({
      http: { lookup: async (name) => Promise.reject(new Error(`${name} is not known`)) },
    });
    ({ engine } = opened);
    const guests = join(import.meta.dirname, "../../guests/http");
    command = await engine.loadImage(join(guests, "request.wasm"));
    rust = await engine.loadImage(join(guests, "fetch.wasm"));
    component = await engine.loadImage(httpGuestPath("fetch"));
  });
  afterAll(() => opened.close());

  const grant = (server: RawServer): HttpGrant => ({
    origin: server.url,
    addresses: "any",
    redirects: 3,
    idleTimeoutMs: 300,
    timeoutMs: 5_000,
    maxResponseBytes: MIB,
  });

  async function askedByCommand(url: string, ...http: HttpGrant[]): Promise<string> {
    const { stdout, reason } = await engine.run(command, {
      args: ["GET", url],
      grants: { http },
      limits: { stdoutBytes: 4 * MIB },
    });
    expect(reason).toBe("exited");
    return stdout.toString();
  }

  async function askedByComponent(url: string, ...http: HttpGrant[]): Promise<string> {
    await using container = await engine.createContainer(component, { grants: { http } });
    const request = new Request("http://guest/", { headers: { "x-url": url } });
    const response = await container.fetch(request);
    return await response.text();
  }

  it.each([...PEERS, ...BODIES])(
    "a peer that %s: a program of preview 1",
    async (_, answer, code) => {
      await using server = await RawServer.open(answer);
      expect(await askedByCommand(`${server.url}/`, grant(server))).toMatch(code);
      await server.idle();
    },
  );

  it.each(PEERS)("a peer that %s: a component", async (_, answer, code) => {
    await using server = await RawServer.open(answer);
    expect(await askedByComponent(`${server.url}/`, grant(server))).toMatch(code);
    await server.idle();
  });

  it.each(BODIES)("a peer that %s: a component, whose answer fails too", async (_, answer) => {
    await using server = await RawServer.open(answer);
    await expect(askedByComponent(`${server.url}/`, grant(server))).rejects.toThrow(/./);
    await server.idle();
  });

  it.each(PLACES)("%s is not reached, though any origin is granted", async (url) => {
    const any = [{ origin: "http://*" }, { origin: "http://*:1" }];
    expect(await askedByCommand(url, ...any)).toContain("destination-IP-prohibited");
    expect(await askedByComponent(url, ...any)).toBe("error 04");
  });

  it.each([
    ["http://user:pass@api.example.com/"],
    ["http://api.example.com\\@evil.example/"],
    ["http://api.example.com/\r\nx: y"],
    ["file:///etc/passwd"],
    ["http:///"],
  ])("the URL %j is none", async (url) => {
    const out = await askedByCommand(url, { origin: "http://*", addresses: "any" });
    expect(out).toMatch(/^open: errno (?:28|2)|URI-invalid/);
  });

  it.each([
    "x: a\r\n\r\nGET /evil HTTP/1.1",
    "host: evil.example",
    "transfer-encoding: chunked",
    "content-length: 5",
    "connection: upgrade",
    "proxy-authorization: x",
    "cookie: a=b",
    ": x",
    "x y: z",
  ])("the header %j does not leave", async (header) => {
    await using server = await RawServer.open(`${OK}content-length: 0\r\n\r\n`);
    const { stdout } = await engine.run(command, {
      args: ["GET", `${server.url}/`, header],
      grants: { http: [grant(server)] },
    });
    const sent = server.received.toLowerCase();
    expect(sent).not.toMatch(/evil|chunked|upgrade|proxy-|cookie|content-length: 5|\nx y/);
    expect(stdout.toString()).toMatch(/errno|^200/);
  });

  it("a guest by the bindings for Rust is refused as well", async () => {
    await using server = await RawServer.open(`${OK}content-length: 0\r\n\r\n`);
    const args = [`${server.url}/`, `${server.url}/`];
    const { stdout } = await engine.run(rust, { args });
    expect(stdout.toString()).toMatch(/^refused: /);
    expect(server.connections).toBe(0);
  });

  it("a flood of requests, killed in the middle, leaves no connection", async () => {
    await using server = await RawServer.open((socket) => void socket.write(`${OK}\r\nx`));
    const runs = Array.from({ length: 12 }, () =>
      engine.run(command, {
        args: ["GET", `${server.url}/`],
        grants: { http: [{ ...grant(server), idleTimeoutMs: 60_000, timeoutMs: 60_000 }] },
        limits: { timeoutMs: 400 },
      }),
    );
    for (const { reason } of await Promise.all(runs)) expect(reason).toBe("timeout");
    await server.idle();
  });

  it("endless bodies do not stay in the app's memory", async () => {
    await using server = await RawServer.open((socket) => {
      socket.write(`${OK}\r\n`);
      flood(socket, "x".repeat(MIB));
    });
    await askedByCommand(`${server.url}/`, { ...grant(server), maxResponseBytes: 8 * MIB });
    const before = process.memoryUsage.rss();
    for (let n = 0; n < 20; n++) {
      const out = await askedByCommand(`${server.url}/`, {
        ...grant(server),
        maxResponseBytes: 8 * MIB,
      });
      expect(out.length).toBeGreaterThan(0);
    }
    await server.idle();
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * MIB);
  });
});

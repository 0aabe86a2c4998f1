/** toNodeHandler in Node's own server, and in the frameworks that people use: components and CGI programs. */
import { createServer, request as httpRequest, Agent, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import {
  type Container,
  createRouter,
  type Fetchable,
  type NodeHandlerOptions,
  toNodeHandler,
} from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer, nextExit } from "./http-guests.js";

let fixture: TestEngine;
let bodies: Container;
let answers: Container;
let cgi: Container;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  bodies = await httpContainer(fixture.engine, "bodies");
  answers = await httpContainer(fixture.engine, "answers");
  cgi = await fixture.engine.createContainer(await fixture.engine.loadImage(guestPath("cgi")));
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

afterAll(() => fixture.close());

/** Listens on a port of its own until the test is over. */
async function listening(server: Server & { closeAllConnections?: () => void }): Promise<number> {
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  closing.push(() => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections?.();
    return closed;
  });
  return (server.address() as AddressInfo).port;
}

function served(target: Fetchable, options: NodeHandlerOptions = {}): Promise<number> {
  return listening(createServer(toNodeHandler(target, options)));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly trailers: IncomingMessage["trailers"];
}

/** A whole exchange by Node's own client. */
async function ask(
  port: number,
  path: string,
  { method = "GET", body, headers = {}, trailers, agent }: AskOptions = {},
): Promise<Answer> {
  const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent });
  if (trailers !== undefined) request.addTrailers(trailers);
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const { statusCode = 0 } = response;
  const read = await text(response);
  return { status: statusCode, headers: response.headers, body: read, trailers: response.trailers };
}

interface AskOptions {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly trailers?: Record<string, string>;
  readonly agent?: Agent;
}

/** All that a server sends to these bytes until it closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return await text(socket);
}

describe("http.createServer", () => {
  it("serves a component", async () => {
    const port = await served(answers);
    const found = await ask(port, "/about?x=1", { headers: { "X-A": "1", Host: "example.com" } });
    expect(found.status).toBe(200);
    expect(found.body.split("\n")).toEqual(
      expect.arrayContaining([
        "method=get",
        "authority=example.com",
        "path=/about?x=1",
        "header x-a=1",
      ]),
    );
    expect(found.body).not.toContain("connection");
    expect((await ask(port, "/cookies")).headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2"]);
    expect((await ask(port, "/status?404")).status).toBe(404);
  });

  it("serves a CGI program", async () => {
    const port = await served(cgi, { clientAddress: true });
    const found = await ask(port, "/env/x?y=1");
    expect(found.body).toContain("PATH_INFO=/env/x\n");
    expect(found.body).toContain("REMOTE_ADDR=127.0.0.1\n");
    expect(await ask(port, "/echo", { method: "POST", body: "words" })).toMatchObject({
      status: 200,
      body: "words",
    });
  });

  it("streams both ways", async () => {
    const port = await served(bodies);
    const body = Buffer.alloc(3 * 2 ** 20, "0123456789abcdef");
    const back = await ask(port, "/echo", { method: "POST", body });
    expect(back.body.length).toBe(body.length);
    // An answer that begins while its request goes on.
    const request = httpRequest({ host: "127.0.0.1", port, path: "/tick", method: "POST" });
    request.write("one");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (let round = 0; round < 3; round++) {
      const [chunk] = (await once(response, "data")) as [Buffer];
      expect(chunk.toString()).toBe("tick\n");
      request.write("more");
    }
    request.end();
    response.resume();
    await once(response, "end");
  });

  it("carries trailers there and back", async () => {
    const port = await served(bodies);
    const found = await ask(port, "/echo", {
      method: "POST",
      body: "words",
      headers: { "transfer-encoding": "chunked", trailer: "x-sum" },
      trailers: { "X-Sum": "abc" },
    });
    expect([found.body, found.trailers]).toEqual(["words", { "x-sum": "abc" }]);
    const own = await ask(await served(answers), "/trailers");
    expect([own.body, own.trailers]).toEqual(["body", { "x-checksum": "abc" }]);
  });

  it("keeps the connection, also where a body was not read", async () => {
    const port = await served(createRouter({ "/[...all]": answers }));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    agent.on("free", (socket: unknown) => sockets.add(socket));
    for (let round = 0; round < 3; round++) {
      const { status } = await ask(port, "/status?200", { method: "POST", body: "unread", agent });
      expect(status).toBe(200);
      await sleep(5);
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
  });

  it("answers HEAD, 204 and 304 without a body", async () => {
    const port = await served(answers);
    const head = await ask(port, "/lengths?5,5", { method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body]).toEqual([200, "5", ""]);
    expect(await ask(port, "/status?204")).toMatchObject({ status: 204, body: "" });
    expect(await ask(port, "/status?304")).toMatchObject({ status: 304, body: "" });
  });

  it("lets a client that waits for 100 go on", async () => {
    const port = await served(bodies);
    const headers = { expect: "100-continue", "content-length": "5" };
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: "/echo",
      method: "POST",
      headers,
    });
    request.flushHeaders();
    await once(request, "continue");
    request.end("words");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(await text(response)).toBe("words");
  });

  it("ends the guest of a client that goes away", async () => {
    const port = await served(bodies);
    const request = httpRequest({ host: "127.0.0.1", port, path: `/flood?${2 ** 30}` });
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(response, "data");
    const ended = nextExit(fixture.engine);
    request.destroy();
    await expect(ended).resolves.toBeUndefined();
  });

  it("ends the guest of a client that goes away within its request", async () => {
    const port = await served(bodies);
    const request = httpRequest({ host: "127.0.0.1", port, path: "/tick", method: "POST" });
    request.write("half");
    // Its guest has it, and waits for the rest.
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.on("error", () => undefined);
    await once(response, "data");
    const ended = nextExit(fixture.engine);
    request.destroy();
    await expect(ended).resolves.toBeUndefined();
  });

  it("waits for a client that reads slowly", async () => {
    const port = await served(bodies);
    const request = httpRequest({ host: "127.0.0.1", port, path: `/flood?${64 * 2 ** 20}` });
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await sleep(300);
    expect(bodies.stats().processes).toBeGreaterThan(0);
    let read = 0;
    for await (const chunk of response) read += (chunk as Buffer).length;
    expect(read).toBe(64 * 2 ** 20);
  });
});

describe("a request that is none", () => {
  it.each([
    ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["a target that is no path", "GET foo HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a target with a password", "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    [
      "a path that is too long",
      `GET /${"x".repeat(15_000)}${"y".repeat(1500)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      431,
    ],
    ["a length that is none", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      400,
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a line break in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400],
  ])("%s", async (_, bytes, status) => {
    const port = await served(answers);
    const answer = await raw(port, bytes.replace(/\r\n\r\n/, "\r\nConnection: close\r\n\r\n"));
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(answer).not.toContain("safedock");
  });

  it("of HTTP/1.0 is answered", async () => {
    const port = await served(answers);
    const answer = await raw(port, "GET /about HTTP/1.0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain("authority=localhost");
  });

  it("in absolute form names its own authority", async () => {
    const port = await served(answers);
    const bytes = "GET http://b.example/about HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    expect(await raw(port, bytes)).toContain("authority=b.example");
  });
});

describe("a failure becomes a status without detail", () => {
  const misbehaving: [string, number][] = [
    ["/trap_before_answer", 500],
    ["/no_answer", 502],
    ["/error_answer", 502],
    ["/two_lengths", 502],
    ["/loop_before_answer", 504],
  ];

  it.each(misbehaving)("%s: %i", async (path, status) => {
    await using guest = await httpContainer(fixture.engine, "misbehave", {
      limits: { timeoutMs: 1_000 },
    });
    const told: unknown[] = [];
    const port = await served(guest, { onError: (error) => told.push(error) });
    const found = await ask(port, path);
    expect(found.status).toBe(status);
    expect(found.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(found.body).toMatch(/^[A-Z][A-Za-z ]+\n$/);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ code: expect.stringMatching(/^ERR_HTTP_/) as string });
  });

  it("503 of a container that is gone", async () => {
    const gone = await httpContainer(fixture.engine, "answers");
    const port = await served(gone);
    await gone.remove();
    expect(await ask(port, "/about")).toMatchObject({ status: 503, body: "Service Unavailable\n" });
  });

  it("and an answer that breaks off is cut off", async () => {
    await using guest = await httpContainer(fixture.engine, "misbehave", {
      limits: { timeoutMs: 1_000 },
    });
    const told: unknown[] = [];
    const port = await served(guest, { onError: (error) => told.push(error) });
    await expect(ask(port, "/loop_within_answer")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(told).toMatchObject([{ code: "ERR_HTTP_TIMEOUT" }]);
  });

  it("as does what an object of the app throws", async () => {
    const told: unknown[] = [];
    const broken = { fetch: () => Promise.reject(new Error("secret")) };
    const port = await served(broken, {
      onError: (error) => told.push(error),
    });
    expect(await ask(port, "/")).toMatchObject({ status: 500, body: "Internal Server Error\n" });
    expect(told).toMatchObject([{ message: "secret" }]);
  });
});

describe("a framework", () => {
  async function expectServed(port: number): Promise<void> {
    const found = await ask(port, "/about?x=1");
    expect([found.status, found.body.includes("path=/about?x=1\n")]).toEqual([200, true]);
    const posted = await ask(port, "/bodies", {
      method: "POST",
      body: JSON.stringify({ a: "x".repeat(100_000) }),
      headers: { "content-type": "application/json" },
    });
    expect([posted.status, posted.body.length]).toEqual([200, 100_008]);
    expect((await ask(port, "/own")).body).toBe("the app's own");
  }

  const echo: Fetchable = {
    fetch: (request) => bodies.fetch(new Request("http://localhost/echo", request)),
  };

  it("Express hands requests on, and goes on where no route takes them", async () => {
    const app = express();
    app.use(toNodeHandler(createRouter({ "/about": answers, "POST /bodies": echo })));
    app.get("/own", (_, response) => {
      response.send("the app's own");
    });
    await expectServed(await listening(createServer(app)));
  });

  it("Express below a path of its own", async () => {
    const app = express();
    app.use("/guest", toNodeHandler(answers));
    const port = await listening(createServer(app));
    expect((await ask(port, "/guest/about")).body).toContain("path=/about\n");
  });

  it("Hono takes a container's fetch as it is", async () => {
    const app = new Hono();
    app.get("/about", (context) => answers.fetch(context.req.raw));
    app.post("/bodies", (context) => echo.fetch(context.req.raw));
    app.get("/own", (context) => context.text("the app's own"));
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
    await once(server, "listening");
    await expectServed(await listening(server));
  });

  it("Fastify hands its raw request and response on", async () => {
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const handlers = { about: toNodeHandler(answers), bodies: toNodeHandler(echo) };
    app.get("/about", (request, reply) => {
      reply.hijack();
      handlers.about(request.raw, reply.raw);
    });
    app.post("/bodies", (request, reply) => {
      reply.hijack();
      handlers.bodies(request.raw, reply.raw);
    });
    app.get("/own", () => "the app's own");
    await app.listen({ port: 0, host: "127.0.0.1" });
    closing.push(() => app.close());
    await expectServed((app.server.address() as AddressInfo).port);
  });
});

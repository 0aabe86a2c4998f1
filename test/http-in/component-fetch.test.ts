/** Components that ask other servers while they answer: wasi:http/outgoing-handler. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer } from "./http-guests.js";

let fixture: TestEngine;
let server: Server;
let origin: string;
let proxy: Container;
/** Answers of "/endless" that somebody still reads. */
let endless = 0;

beforeAll(async () => {
  fixture = await openTestEngine();
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy = await httpContainer(fixture.engine, "fetch", {
    grants: { http: [{ origin, methods: ["GET", "POST", "PUT", "HEAD"], addresses: "any" }] },
  });
});

afterAll(async () => {
  await fixture.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  if (path === "/stall") return;
  if (path === "/endless") {
    endless++;
    response.once("close", () => endless--);
    const send = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", send);
    send();
    return;
  }
  if (path === "/cut") {
    response.write("half");
    setTimeout(() => response.destroy(), 20);
    return;
  }
  if (path === "/trailers") {
    response.writeHead(200, { trailer: "x-after" });
    response.write("body");
    response.addTrailers([["x-after", "there"]]);
    response.end();
    return;
  }
  response.setHeader("x-method", request.method ?? "");
  response.setHeader("x-from", request.headers["x-from"] ?? "");
  response.setHeader("x-type", request.headers["content-type"] ?? "none");
  response.setHeader("x-word", request.headers["x-word"] ?? "none");
  if (path === "/404") response.statusCode = 404;
  if (path === "/echo") {
    for await (const chunk of request) response.write(chunk);
  } else response.write(`at ${path}`);
  response.end();
}

function ask(path: string, init: RequestInit = {}, query = ""): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("x-url", `${origin}${path}`);
  return proxy.fetch(`/fetch${query}`, { ...init, headers });
}

describe("a request of a guest's own", () => {
  it("goes out, and its answer comes back", async () => {
    const response = await ask("/here?x=1");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-method")).toBe("GET");
    expect(response.headers.get("x-from")).toBe("guest");
    expect(await response.text()).toBe("at /here?x=1");
    expect((await ask("/404")).status).toBe(404);
  });

  it("carries a body there and back, as it comes", async () => {
    const body = Buffer.alloc(3 * 2 ** 20, "0123456789abcdef");
    const response = await ask("/echo", {
      method: "PUT",
      body,
      headers: { "content-type": "text/x-test" },
    });
    expect(response.headers.get("x-method")).toBe("PUT");
    expect(response.headers.get("x-type")).toBe("text/x-test");
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  it("is streamed both ways at the same time", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const asked = ask("/echo", { method: "POST", body: readable, duplex: "half" });
    await writer.write(Buffer.from("one"));
    await writer.close();
    expect(await (await asked).text()).toBe("one");
  });

  it("has futures whose states are as the interface has them", async () => {
    const headers = { "x-url": `${origin}/states` };
    expect(await (await proxy.fetch("/futures", { headers })).text()).toBe("ok");
  });

  it("may leave before its answer's end, which then comes no further", async () => {
    const headers = { "x-url": `${origin}/endless` };
    expect(await (await proxy.fetch("/leave-early", { headers })).text()).toBe("ok");
    await vi.waitFor(() => expect(endless).toBe(0), { timeout: 10_000 });
  });

  it("whose body breaks off, or has not the length that was said, fails", async () => {
    const headers = { "x-url": `${origin}/stall` };
    expect(await (await proxy.fetch("/break-off", { headers })).text()).toBe("ok");
  });

  it("may be written before it is sent, and needs no path", async () => {
    const headers = { "x-url": `${origin}/echo` };
    const response = await proxy.fetch("/send-ahead", { headers });
    expect(response.headers.get("x-word")).toBe(Buffer.from("voilà").toString("latin1"));
    expect(await response.text()).toBe("at /");
  });

  it("ends in an error of its own", async () => {
    const refused = await proxy.fetch("/fetch", { headers: { "x-url": "http://127.0.0.1:1/" } });
    // HTTP-request-denied: not granted.
    expect([refused.status, await refused.text()]).toEqual([502, "error 15"]);
    const method = await ask("/here", { method: "DELETE" });
    expect(await method.text()).toBe("error 15");
    // connection-read-timeout: the first byte does not come in time.
    expect(await (await ask("/stall", {}, "?50")).text()).toBe("error 09");
  });

  it("that breaks off breaks the answer off", async () => {
    const asked = ask("/cut").then((response) => response.text());
    await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
  });

  it("is refused where nothing is granted, and told of", async () => {
    await using none = await httpContainer(fixture.engine, "fetch");
    const denied = new Promise<string>((resolve) =>
      fixture.engine.once("denied", ({ kind }) => resolve(kind)),
    );
    const response = await none.fetch("/fetch", { headers: { "x-url": `${origin}/here` } });
    expect(await response.text()).toBe("error 15");
    expect(await denied).toBe("http");
  });

  it("is refused once its grant is taken back", async () => {
    const grants = { http: [{ origin, addresses: "any" as const }] };
    await using other = await httpContainer(fixture.engine, "fetch", {
      grants,
      http: { reuse: true },
    });
    const headers = { "x-url": `${origin}/here` };
    expect((await other.fetch("/fetch", { headers })).status).toBe(200);
    other.revokeGrants(["http"]);
    const response = await other.fetch("/fetch", { headers });
    expect([response.status, await response.text()]).toEqual([502, "error 15"]);
  });
});

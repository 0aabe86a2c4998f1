import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeniedEvent, Engine, Image } from "safedock";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const GUESTS = join(import.meta.dirname, "../guests/http");

/** Programs of preview 1 that send requests through the module `safedock_http`. */
describe("requests of programs of preview 1", () => {
  let opened: TestEngine;
  let engine: Engine;
  const images = new Map<string, Image>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("trailer", "x-sum");
      response.setHeader("x-answer", "42");
      response.setHeader("content-type", "text/plain");
      response.write(`${request.method} ${request.url} `);
      response.write(Buffer.concat(chunks));
      response.write(` ${request.trailers["x-end"] ?? request.trailers["x-sum"] ?? "-"}`);
      response.addTrailers({ "x-sum": "9" });
      response.end();
    });
  });
  let origin: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    opened = await openTestEngine();
    ({ engine } = opened);
    for (const name of ["request", "fetch", "edges"]) {
      images.set(name, await engine.loadImage(join(GUESTS, `${name}.wasm`)));
    }
  });
  afterAll(async () => {
    await opened.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const image = (name: string): Image => images.get(name) as Image;

  it("request.c: sends headers, a body and trailers, and reads the response", async () => {
    const grants = { http: [{ origin, methods: ["GET", "POST"], addresses: "any" as const }] };
    const got = await engine.run(image("request"), { args: ["GET", `${origin}/a?b`], grants });
    expect(got.stdout.toString()).toMatch(
      /^200\n(?:[^\n]+\n)*x-answer: 42\n(?:[^\n]+\n)*answer=42\n\nGET \/a\?b {2}-\nx-sum: 9\n$/,
    );
    const stdin = "x".repeat(300_000);
    const posted = await engine.run(image("request"), {
      args: ["POST", `${origin}/p`, "content-type: text/plain"],
      grants,
      stdin,
    });
    expect(posted.stdout.toString().endsWith(`\n\nPOST /p ${stdin} yes\nx-sum: 9\n`)).toBe(true);
    expect(posted.code).toBe(0);
  });

  it("fetch.rs: by the bindings for Rust", async () => {
    const grants = { http: [{ origin, methods: "any" as const, addresses: "any" as const }] };
    const { stdout } = await engine.run(image("fetch"), {
      args: [`${origin}/one`, `${origin}/two`],
      grants,
    });
    expect(stdout.toString()).toMatch(
      /^200\n200 POST \/two GET \/one {2}- 7\nSome\("text\/plain"\)\n\d headers, 1 trailers\n$/,
    );
  });

  it("edges.c: answers what makes no sense with an errno", async () => {
    const seen: string[] = [];
    const fake = await openTestEngine({
      http: {
        fetch: ({ url }) => {
          seen.push(url);
          return new Response("body", { headers: { "x-long": "0123456789" } });
        },
      },
    });
    try {
      const edges = await fake.engine.loadImage(join(GUESTS, "edges.wasm"));
      const { stdout } = await fake.engine.run(edges, {
        grants: { http: [{ origin: "https://granted.example", maxConcurrent: 512 }] },
      });
      expect(stdout.toString()).toBe("0 failures\n");
      expect(seen[0]).toBe("https://granted.example/x");
    } finally {
      await fake.close();
    }
  });

  it("is refused with EACCES and told without a grant, and with another one", async () => {
    const denied: DeniedEvent[] = [];
    const listener = (event: DeniedEvent) => denied.push(event);
    engine.on("denied", listener);
    const args = ["POST", `${origin}/v1/x?secret=1`];
    const none = await engine.run(image("request"), { args, audit: true });
    const other = await engine.run(image("request"), {
      args,
      grants: { http: [{ origin, addresses: "any" }] },
    });
    const path = await engine.run(image("request"), {
      args: ["GET", `${origin}/v1/x`],
      grants: { http: [{ origin, addresses: "any", pathPrefix: "/v2/" }] },
    });
    const address = await engine.run(image("request"), {
      args: ["GET", `${origin}/v1/x`],
      grants: { http: [{ origin }] },
    });
    engine.off("denied", listener);
    expect(none.stdout.toString()).toBe("open: errno 2 \n");
    expect(other.stdout.toString()).toMatch(/: errno 2 HTTP-request-denied\n$/);
    expect(path.stdout.toString()).toBe("status: errno 2 HTTP-request-denied\n");
    expect(address.stdout.toString()).toBe("status: errno 2 destination-IP-prohibited\n");
    const url = `${origin}/v1/x`;
    expect(denied.map(({ kind, call, path: at, grant }) => [kind, call, at, grant?.http])).toEqual([
      [
        "http",
        "POST",
        url,
        [{ origin, methods: ["POST"], pathPrefix: "/v1/x", addresses: ["127.0.0.1"] }],
      ],
      ["http", "POST", url, [{ origin, methods: ["GET", "HEAD", "POST"], addresses: "any" }]],
      ["http", "GET", url, [{ origin, methods: ["GET"], pathPrefix: "/v1/x", addresses: "any" }]],
      ["http", "GET", url, [{ origin, addresses: ["127.0.0.1"] }]],
    ]);
    expect(none.audit?.denials).toHaveLength(1);
  });

  it("is told by requirements, and traced", async () => {
    const { programs } = await engine.requirements(image("request"));
    expect(programs[0]?.grants).toContain("http");
    expect(programs[0]?.unknownImports).toEqual([]);
    const calls: string[] = [];
    await engine.run(image("request"), {
      args: ["GET", `${origin}/`],
      onHostCall: ({ name, result }) => {
        if (name.startsWith("http_")) calls.push(`${name} ${result}`);
      },
    });
    expect(calls).toEqual(["http_open 2"]);
  });

  it("is killed while it waits for a peer that never answers", async () => {
    const stalled = createServer(() => undefined);
    await new Promise<void>((resolve) => stalled.listen(0, "127.0.0.1", resolve));
    const { port } = stalled.address() as AddressInfo;
    const stalling = `http://127.0.0.1:${port}`;
    const { reason } = await engine.run(image("request"), {
      args: ["GET", `${stalling}/`],
      grants: { http: [{ origin: stalling, addresses: "any" }] },
      limits: { timeoutMs: 300 },
    });
    expect(reason).toBe("timeout");
    // The server ends only if no connection is left.
    await new Promise((resolve) => stalled.close(resolve));
  });
});

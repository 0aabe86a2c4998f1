/** A site in JavaScript, as a component of wasi:http/proxy: one listener for all requests. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import {
  toNodeHandler,
  type Container,
  type ContainerOptions,
  type Image,
  type SafedockError,
} from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { BUILD_MS, javascriptComponent } from "./javascript-component.js";

let fixture: TestEngine;
let image: Image;
let site: Container;

async function open(options: ContainerOptions = {}): Promise<Container> {
  return await fixture.engine.createContainer(image, options);
}

async function page(path: string, init?: RequestInit): Promise<unknown> {
  return await (await site.fetch(`http://site.test${path}`, init)).json();
}

/** What the next process that ends has printed. */
function nextOutput(name: "stdout" | "stderr"): Promise<string> {
  return new Promise((resolve) => {
    fixture.engine.once("exit", ({ process }) => resolve(process.captured[name].toString()));
  });
}

beforeAll(async () => {
  const path = await javascriptComponent("site");
  fixture = await openTestEngine();
  image = await fixture.engine.loadImage(path, { prepare: true });
  site = await open();
}, BUILD_MS);

afterAll(() => fixture?.close());

describe("a site of JavaScript", () => {
  it("answers", async () => {
    const response = await site.fetch("http://site.test/hello?name=Ad%C3%A8le");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    expect(await response.text()).toBe("Hello, Adèle!\n");
    expect((await site.fetch("/nothing")).status).toBe(404);
  });

  it("reads headers and bodies", async () => {
    expect(await page("/headers", { headers: { "X-Word": "yes" } })).toEqual([["x-word", "yes"]]);
    const body = JSON.stringify({ numbers: [1, 2, 3.5] });
    expect(await page("/sum", { method: "POST", body })).toEqual({ sum: 6.5 });
  });

  it("passes a body on, byte for byte", async () => {
    const bytes = new Uint8Array(1_000_000).map((_, index) => (index * 7) % 251);
    const response = await site.fetch("/echo", { method: "POST", body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("answers while the request still comes in", async () => {
    const way = new TransformStream<Uint8Array, Uint8Array>();
    const writer = way.writable.getWriter();
    const init = { method: "POST", body: way.readable, duplex: "half" as const };
    const answered = site.fetch("/echo", init);
    await writer.write(Buffer.from("one"));
    const reader = ((await answered).body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("one");
    await writer.write(Buffer.from("two"));
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("two");
    await writer.close();
    expect((await reader.read()).done).toBe(true);
  });

  it("streams what it makes bit by bit", async () => {
    const text = await (await site.fetch("/ticks?count=5")).text();
    expect(text).toBe("tick 5\ntick 4\ntick 3\ntick 2\ntick 1\n");
  });

  it("begins anew for each request", async () => {
    const visits = [1, 2, 3].map(async () => await (await site.fetch("/visits")).text());
    expect(await Promise.all(visits)).toEqual(["1", "1", "1"]);
  });

  it("serves behind node:http", async () => {
    const server = createServer(toNodeHandler(site)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const sent = request({ port, path: "/echo", method: "POST" });
      sent.write("first, ");
      setTimeout(() => sent.end("then the rest"), 20);
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      let text = "";
      for await (const chunk of response) text += String(chunk);
      expect(text).toBe("first, then the rest");
      expect((await fetch(`http://127.0.0.1:${port}/throw`)).status).toBeGreaterThanOrEqual(500);
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });
});

describe("its clock and its chance", () => {
  it("repeat exactly under a seed", async () => {
    const seeded = { grants: { random: { seed: "7" } } };
    const seen = [];
    for (let round = 0; round < 2; round++) {
      await using container = await open(seeded);
      seen.push(await (await container.fetch("/clock")).json());
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toMatchObject({ times: [Date.UTC(2020, 0, 1), Date.UTC(2020, 0, 1)] });
  });

  it("are the host's by grant", async () => {
    await using container = await open({ grants: { clock: "real", random: "secure" } });
    const from = Date.now();
    const ask = async () => (await (await container.fetch("/clock")).json()) as Clock;
    const [first, second] = [await ask(), await ask()];
    expect(first.uuid).not.toBe(second.uuid);
    expect(first.dice).not.toEqual(second.dice);
    expect(first.times[0]).toBeGreaterThanOrEqual(from - 1);
    expect(first.times[0]).toBeLessThanOrEqual(Date.now() + 1);
  });
});

interface Clock {
  readonly times: readonly number[];
  readonly dice: readonly number[];
  readonly uuid: string;
}

describe("fetch in it", () => {
  it("reaches the server that is granted, with credentials it never sees, and no other", async () => {
    const seen: string[] = [];
    const server = createServer((incoming, response) => {
      seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization}`);
      let text = "";
      incoming.on("data", (chunk) => (text += String(chunk)));
      incoming.on("end", () => response.end(`${String(incoming.headers["x-from"])}: ${text}`));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const http = [
        {
          origin,
          methods: ["POST" as const],
          pathPrefix: "/v1/",
          addresses: ["127.0.0.1/32"],
          credentials: { authorization: "Bearer secret" },
        },
      ];
      await using container = await open({ grants: { http } });
      const ask = async (url: string) => {
        const path = `/ask?url=${encodeURIComponent(url)}`;
        return await (await container.fetch(`http://site.test${path}`)).json();
      };
      expect(await ask(`${origin}/v1/x`)).toEqual({ status: 200, text: "the site: a question" });
      const refused = { failed: expect.stringContaining("NetworkError") as string };
      expect(await ask(`${origin}/v2/x`)).toEqual(refused);
      expect(await ask("http://169.254.169.254/latest/meta-data")).toEqual(refused);
      expect(seen).toEqual(["POST /v1/x Bearer secret"]);
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });

  it("passes an answer on as a stream", async () => {
    const chunks = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
    const other = await openTestEngine({
      http: { fetch: () => new Response(ReadableStream.from(chunks.map((c) => Buffer.from(c)))) },
    });
    try {
      const loaded = await other.engine.loadImage(await javascriptComponent("site"));
      const grants = { http: [{ origin: "https://api.example.com" }] };
      await using container = await other.engine.createContainer(loaded, { grants });
      const response = await container.fetch("/pass?url=https://api.example.com/big");
      expect(await response.text()).toBe(chunks.join(""));
    } finally {
      await other.close();
    }
  });
});

describe("that misbehaves", () => {
  it("throws: it answers with 500 and half a body, its stderr says why", async () => {
    const told = nextOutput("stderr");
    const response = await site.fetch("/throw");
    expect(response.status).toBe(500);
    await expect(response.text()).rejects.toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
    expect(await told).toContain("on purpose");
    expect((await site.fetch("/hello")).status).toBe(200);
  });

  it("never answers: it is ended at its time limit", async () => {
    await using container = await open({ limits: { timeoutMs: 1_000 } });
    await expect(container.fetch("/spin")).rejects.toMatchObject({ code: "ERR_HTTP_TIMEOUT" });
    expect((await container.fetch("/hello")).status).toBe(200);
  });

  it("takes all the memory it gets: its request fails", async () => {
    await using container = await open({ limits: { memoryBytes: 48 * 2 ** 20 } });
    // The engine may still be able to say so itself.
    const asked = container.fetch("/eat").then(({ status }) => `status ${status}`);
    expect(await asked.catch((error: unknown) => (error as SafedockError).code)).toMatch(
      /^ERR_HTTP_|^status 5/,
    );
    expect((await container.fetch("/hello")).status).toBe(200);
  });

  it("prints more than anybody reads: it answers", async () => {
    const told = nextOutput("stdout");
    const response = await site.fetch("/chatter?lines=50000");
    expect(await response.text()).toBe("50000 lines");
    expect((await told).split("\n")).toHaveLength(50_001);
  });
});

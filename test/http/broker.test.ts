import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { checkHttpGrants } from "../../src/engine/check-http-grants.js";
import { Problems } from "../../src/engine/problems.js";
import { GuestSide } from "./guest-side.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const echo: Answer = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, headers, trailers } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader("set-cookie", "a=b");
    response.setHeader("x-answer", "yes");
    response.end(JSON.stringify({ method, url, headers, trailers, body }));
  });
};

describe("a request of a guest", () => {
  it("goes where a grant says, with its method, path, headers and body", async () => {
    await using server = await serve(echo);
    using guest = new GuestSide([{ origin: server.url, methods: ["POST"], addresses: "any" }]);
    const { status, headers, text } = await guest.fetch(
      `${server.url}/a/../b?q=1`,
      { method: "POST", headers: [["X-Hello", "world"]] },
      Buffer.from("body"),
    );
    const seen = JSON.parse(text) as Record<string, unknown>;
    expect(status).toBe(200);
    expect(seen).toMatchObject({ method: "POST", url: "/b?q=1", body: "body" });
    expect(seen.headers).toEqual({
      host: server.url.slice(7),
      "x-hello": "world",
      "content-length": "4",
      connection: "keep-alive",
    });
    expect(Object.fromEntries(headers)).toMatchObject({ "x-answer": "yes" });
    expect(headers.map(([name]) => name)).not.toContain("set-cookie");
    expect(headers.map(([name]) => name)).not.toContain("connection");
    expect(guest.broker.uses.list()).toEqual([
      {
        origin: server.url,
        methods: ["POST"],
        pathPrefix: "/b",
        requests: 1,
        sentBytes: 4,
        receivedBytes: text.length,
      },
    ]);
  });

  it("is refused and told without a grant for its origin, method or path", async () => {
    using guest = new GuestSide([{ origin: "https://api.example.com", pathPrefix: "/v1" }]);
    for (const [url, method] of [
      ["https://other.example.com/v1?secret=1", "GET"],
      ["http://api.example.com/v1", "GET"],
      ["https://api.example.com/v1/x", "POST"],
      ["https://api.example.com/v2", "GET"],
      ["https://api.example.com/v1/..%2fv2", "GET"],
      ["https://api.example.com/v1", "CONNECT"],
      ["https://api.example.com/v1", "trace"],
    ] as const) {
      expect(await guest.codeOf(guest.open(url, { method }))).toBe("HTTP-request-denied");
    }
    expect(guest.refused[0]).toEqual({ method: "GET", url: "https://other.example.com/v1" });
    expect(guest.refused).toHaveLength(7);
  });

  it("streams both ways, with trailers, and waits for a peer that does not read", async () => {
    await using server = await serve((request, response) => {
      response.setHeader("trailer", "x-sum");
      response.flushHeaders();
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        response.write(chunk);
      });
      request.on("end", () => {
        response.addTrailers({ "x-sum": String(bytes), "x-given": request.trailers["x-given"] });
        response.end();
      });
    });
    using guest = new GuestSide([{ origin: server.url, methods: "any", addresses: "any" }]);
    const opening = guest.open(`${server.url}/`, { method: "PUT", more: true });
    const { request } = await opening;
    const size = 64 * 1024;
    const reading = guest.read(request);
    for (let n = 0; n < 64; n++) {
      await guest.call("write-body", { request }, new Uint8Array(size).fill(97));
    }
    await guest.call("finish-body", { request, trailers: [["x-given", "t"]] });
    const { text, trailers } = await reading;
    expect(text.length).toBe(64 * size);
    expect(trailers).toEqual([
      ["x-sum", String(64 * size)],
      ["x-given", "t"],
    ]);
  });

  it("has its writing held back while the peer does not read", async () => {
    await using server = await serve((request) => void request.pause());
    using guest = new GuestSide([
      {
        origin: server.url,
        methods: "any",
        addresses: "any",
        idleTimeoutMs: 300,
        maxRequestBytes: 2 ** 40,
      },
    ]);
    const opening = guest.codeOf(guest.open(`${server.url}/`, { method: "PUT", more: true }));
    let written = 0;
    const writing = async () => {
      for (;;) {
        await guest.call("write-body", { request: 1 }, new Uint8Array(2 ** 20));
        written++;
      }
    };
    expect(await guest.codeOf(writing())).toBe("connection-write-timeout");
    expect(await opening).toBe("connection-write-timeout");
    expect(written).toBeLessThan(64);
  });

  it("gets credentials of its grant, which replace its own", async () => {
    await using server = await serve(echo);
    using guest = new GuestSide([
      {
        origin: server.url,
        addresses: "any",
        credentials: { Authorization: { secret: "Bearer s3cret" }, "x-key": "k" },
      },
    ]);
    const { text } = await guest.fetch(`${server.url}/`, {
      headers: [
        ["authorization", "mine"],
        ["accept", "*/*"],
      ],
    });
    expect((JSON.parse(text) as { headers: object }).headers).toMatchObject({
      authorization: "Bearer s3cret",
      "x-key": "k",
      accept: "*/*",
    });
  });

  it("may set only what its grant lists; cookies only if it lists them", async () => {
    await using server = await serve(echo);
    const any = { origin: server.url, addresses: "any" } as const;
    using listed = new GuestSide([{ ...any, headers: ["Cookie", "accept"] }]);
    const { headers } = await listed.fetch(`${server.url}/`, { headers: [["Cookie", "a=b"]] });
    expect(Object.fromEntries(headers)).toMatchObject({ "set-cookie": "a=b" });
    const other = listed.open(`${server.url}/`, { headers: [["x-other", "1"]] });
    expect(await listed.codeOf(other)).toBe("HTTP-request-denied");
    using plain = new GuestSide([any]);
    const cookie = plain.open(`${server.url}/`, { headers: [["cookie", "a=b"]] });
    expect(await plain.codeOf(cookie)).toBe("HTTP-request-denied");
  });

  it("reuses connections, and sends again over a new one what an old one has lost", async () => {
    let served = 0;
    const ports = new Set<number | undefined>();
    await using server = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end(String(++served));
      if (served === 2) setImmediate(() => request.socket.destroy());
    });
    using guest = new GuestSide([{ origin: server.url, addresses: "any" }]);
    const answers: string[] = [];
    for (let n = 0; n < 4; n++) answers.push((await guest.fetch(`${server.url}/`)).text);
    expect(answers).toEqual(["1", "2", "3", "4"]);
    expect(ports.size).toBe(2);
  });

  it("ends when it is given up, and when the process is over", async () => {
    await using server = await serve((_, response) => void response.write("a"));
    using guest = new GuestSide([{ origin: server.url, addresses: "any" }]);
    const first = await guest.open(`${server.url}/`);
    await guest.call("read-body", { request: first.request, max: 1 });
    const waiting = guest.codeOf(guest.call("read-body", { request: first.request, max: 1 }));
    await guest.call("cancel", { request: first.request });
    expect(await waiting).toBe("connection-terminated");
    const again = guest.call("read-body", { request: first.request, max: 1 });
    expect(await guest.codeOf(again)).toBe("HTTP-protocol-error");
    const second = await guest.open(`${server.url}/`);
    await guest.call("read-body", { request: second.request, max: 1 });
    const open = guest.codeOf(guest.call("read-body", { request: second.request, max: 1 }));
    guest.service.end?.();
    expect(await open).toBe("connection-terminated");
  });

  it("keeps what a read had not taken when nobody wants that answer any more", async () => {
    await using server = await serve((_, response) => {
      response.write("");
      response.flushHeaders();
      setTimeout(() => response.end("late"), 30);
    });
    using guest = new GuestSide([{ origin: server.url, addresses: "any" }]);
    const { request } = await guest.open(`${server.url}/`);
    const controller = new AbortController();
    const given = guest.call("read-body", { request, max: 10 }, undefined, controller.signal);
    controller.abort();
    expect(await given).toEqual({});
    expect((await guest.read(request)).text).toBe("late");
  });

  it("is one of so many at once, and of so many in a second", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/fast") response.end();
      else response.write("x");
    });
    const grant = { origin: server.url, addresses: "any" } as const;
    using few = new GuestSide([{ ...grant, maxConcurrent: 2 }]);
    const { request } = await few.open(`${server.url}/`);
    await few.open(`${server.url}/`);
    expect(await few.codeOf(few.open(`${server.url}/`))).toBe("connection-limit-reached");
    await few.call("cancel", { request });
    await few.open(`${server.url}/`);
    using slow = new GuestSide([{ ...grant, ratePerSecond: 1 }]);
    await slow.fetch(`${server.url}/fast`);
    expect(await slow.codeOf(slow.open(`${server.url}/fast`))).toBe("connection-limit-reached");
  });

  it("is cut when its grant is taken back", async () => {
    await using server = await serve((_, response) => void response.write("x"));
    using guest = new GuestSide([{ origin: server.url, addresses: "any" }]);
    const { request } = await guest.open(`${server.url}/`);
    await guest.call("read-body", { request, max: 1 });
    const reading = guest.codeOf(guest.call("read-body", { request, max: 1 }));
    guest.broker.narrow([]);
    expect(await reading).toBe("HTTP-request-denied");
    expect(await guest.codeOf(guest.open(`${server.url}/`))).toBe("HTTP-request-denied");
  });

  it("counts on when its grant is narrowed", async () => {
    await using server = await serve((_, response) => void response.write("x"));
    const grant = { origin: server.url, addresses: "any", maxConcurrent: 2 } as const;
    using guest = new GuestSide([grant]);
    await guest.open(`${server.url}/v1`);
    const [narrower] = checkHttpGrants([{ ...grant, pathPrefix: "/v1" }], new Problems());
    guest.broker.narrow(narrower === undefined ? [] : [narrower]);
    const { request } = await guest.open(`${server.url}/v1`);
    expect(await guest.codeOf(guest.open(`${server.url}/v1`))).toBe("connection-limit-reached");
    await guest.call("cancel", { request });
    await guest.open(`${server.url}/v1`);
  });

  it("follows redirects as far as the grant says, without a body where HTTP says so", async () => {
    await using server = await serve((request, response) => {
      const [, status, rest] = /^\/(\d+)(.*)$/.exec(request.url ?? "") ?? [];
      if (status === undefined) return echo(request, response);
      response.writeHead(Number(status), { location: rest === "" ? "/end" : rest });
      response.end("moved");
    });
    const grant = { origin: server.url, addresses: "any", methods: "any" } as const;
    using none = new GuestSide([grant]);
    expect(await none.fetch(`${server.url}/302`)).toMatchObject({ status: 302, text: "moved" });
    using guest = new GuestSide([{ ...grant, redirects: 2 }]);
    const send = async (path: string, method: string) => {
      const headers = [["content-type", "a/b"] as const];
      const { text } = await guest.fetch(
        `${server.url}${path}`,
        { method, headers },
        Buffer.from("b"),
      );
      const { method: got, url, body, headers: seen } = JSON.parse(text) as Record<string, never>;
      return [got, url, body, seen["content-type"]];
    };
    expect(await send("/301", "POST")).toEqual(["GET", "/end", "", undefined]);
    expect(await send("/302/307", "PUT")).toEqual(["PUT", "/end", "b", "a/b"]);
    expect(await send("/303", "PUT")).toEqual(["GET", "/end", "", undefined]);
    expect(await send("/308", "POST")).toEqual(["POST", "/end", "b", "a/b"]);
    const loop = guest.fetch(`${server.url}/302/302/302`);
    expect(await guest.codeOf(loop)).toBe("loop-detected");
  });

  it("is answered by a function of the app in place of the network", async () => {
    const seen: string[] = [];
    using guest = new GuestSide(
      [{ origin: "https://api.example.com", methods: ["POST"], maxResponseBytes: 5 }],
      {
        fetch: async (request) => {
          seen.push(`${request.method} ${request.url} ${await request.text()}`);
          return new Response(request.url.endsWith("long") ? "123456" : "12345", { status: 201 });
        },
      },
    );
    const post = (url: string) =>
      guest.fetch(url, { method: "POST", headers: [["x", "y"]] }, Buffer.from("data"));
    expect(await post("https://api.example.com/short")).toMatchObject({
      status: 201,
      text: "12345",
    });
    expect(await guest.codeOf(post("https://api.example.com/long"))).toBe(
      "HTTP-response-body-size",
    );
    expect(await guest.codeOf(post("https://other.example.com/"))).toBe("HTTP-request-denied");
    expect(seen).toEqual([
      "POST https://api.example.com/short data",
      "POST https://api.example.com/long data",
    ]);
  });
});

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { rejectionOf } from "../support/thrown-by.js";
import { startTlsServer } from "../support/tls-server.js";
import { sendJson, startFakeServer } from "./fake-server.js";
import { openSession } from "./open-session.js";

const fast = { retryDelayMs: 1, credentials: "anonymous" } as const;
const bytes = randomBytes(100_000);
const blob = { digest: digestOf(bytes), size: bytes.byteLength };

/** A server that writes what it likes on each connection's first request that is no probe. */
async function startRawServer(write: (socket: Socket, url: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const url = String(data).split(" ")[1] ?? "";
      if (url === "/v2/") socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      else write(socket, url);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      for (const socket of sockets) socket.destroy();
      server.close();
      await closed;
    },
  };
}

describe("answers that never come to an end", () => {
  it("a body that drips counts as silent", async () => {
    const timers = new Set<NodeJS.Timeout>();
    await using server = await startFakeServer((_, response) => {
      response.writeHead(200, { "content-length": blob.size });
      timers.add(setInterval(() => response.write("x"), 50));
    });
    const options = { ...fast, retries: 0, stallTimeoutMs: 400 };
    await using registry = openSession(server.host, options);
    const began = performance.now();
    const error = await rejectionOf(registry.fetchManifest("a/b", "v1"));
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      message: expect.stringContaining("bytes came in"),
    });
    expect(performance.now() - began).toBeLessThan(3_000);
    for (const timer of timers) clearInterval(timer);
  });

  it("a slow reader is no slow server", async () => {
    await using server = await startFakeServer((_, response) => response.end(bytes));
    await using registry = openSession(server.host, { ...fast, stallTimeoutMs: 200 });
    const { stream } = await registry.fetchBlob("a/b", blob);
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.byteLength;
      if (size < 200_000) await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(size).toBe(blob.size);
  });

  it.each<[string, (socket: Socket) => void]>([
    [
      "a head without end",
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const more = () => {
          while (!socket.destroyed && socket.write(`X-${"a".repeat(1000)}: b\r\n`));
        };
        socket.on("drain", more);
        more();
      },
    ],
    [
      "one header of a megabyte",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"a".repeat(2 ** 20)}\r\n\r\n`),
    ],
    [
      "a head that drips",
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\nX: ");
        const timer = setInterval(() => socket.write("a"), 50);
        socket.on("close", () => clearInterval(timer));
      },
    ],
    [
      "news without an answer",
      (socket) => {
        const timer = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("%s is given up", async (_, write) => {
    await using server = await startRawServer(write);
    const options = { ...fast, retries: 0, headersTimeoutMs: 500, stallTimeoutMs: 500 };
    await using registry = openSession(server.host, options);
    const began = performance.now();
    expect(await rejectionOf(registry.fetchManifest("a/b", "v1"))).toMatchObject({
      code: expect.stringMatching(/ERR_REGISTRY_(?:RESPONSE|UNREACHABLE)/),
    });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("tries", () => {
  it("wait until the date of Retry-After, and pass over one that is none", async () => {
    let date = "";
    await using server = await startFakeServer((_, response, count) => {
      date ||= new Date(Date.now() + 2_000).toUTCString();
      if (count === 1) sendJson(response, 503, {}, { "retry-after": date });
      else if (count === 2) sendJson(response, 503, {}, { "retry-after": "soon" });
      else sendJson(response, 200, {});
    });
    await using registry = openSession(server.host, fast);
    await registry.fetchManifest("a/b", "v1");
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(date) - 50);
    expect(server.requests).toHaveLength(3);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])("are made again after %i", async (status) => {
    await using server = await startFakeServer((_, response, count) =>
      sendJson(response, count === 1 ? status : 200, {}),
    );
    await using registry = openSession(server.host, fast);
    await registry.fetchManifest("a/b", "v1");
    expect(server.requests).toHaveLength(2);
  });

  it("of a download that come to another blob bring the size and not the digest", async () => {
    await using server = await startFakeServer((request, response, count) => {
      if (count > 1) return response.end(randomBytes(blob.size));
      response.writeHead(200, { "content-length": blob.size, etag: '"1"' });
      response.write(bytes.subarray(0, 50_000));
      return setTimeout(() => request.socket.destroy(), 30);
    });
    await using registry = openSession(server.host, fast);
    const { stream } = await registry.fetchBlob("a/b", blob);
    const received = await buffer(stream);
    // The size fits; who reads it finds the digest wrong, as with any lie.
    expect(received.byteLength).toBe(blob.size);
    expect(digestOf(received)).not.toBe(blob.digest);
  });
});

describe("redirects", () => {
  it("a hundred thousand of them end after five", async () => {
    await using server = await startFakeServer((_, response, count) =>
      response.writeHead(302, { location: `/hop/${count}` }).end(),
    );
    await using registry = openSession(server.host, fast);
    expect(await rejectionOf(registry.fetchBlob("a/b", blob))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
      message: expect.stringContaining("more than 5 times"),
    });
    expect(server.requests).toHaveLength(6);
  });

  it("to another port are to another origin; cookies are not kept", async () => {
    const seen: Record<string, unknown>[] = [];
    await using storage = await startFakeServer((request, response) => {
      seen.push(request.headers);
      response.end(bytes);
    });
    await using server = await startFakeServer((request, response) => {
      if (request.headers.authorization === undefined) {
        return response.writeHead(401, { "www-authenticate": "Basic" }).end();
      }
      const headers = { location: `${storage.origin}/x`, "set-cookie": "session=1; Path=/" };
      return response.writeHead(307, headers).end();
    });
    const credentials = { username: "ada", password: "x" };
    await using registry = openSession(server.host, { ...fast, credentials });
    for (let i = 0; i < 2; i++) {
      const { stream } = await registry.fetchBlob("a/b", blob);
      expect(bytes.equals(await buffer(stream))).toBe(true);
    }
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      expect(headers).not.toHaveProperty("authorization");
      expect(headers).not.toHaveProperty("cookie");
      expect(headers).not.toHaveProperty("referer");
    }
  });

  it("from HTTPS to plain HTTP are refused, and TLS is never left for it", async () => {
    await using server = await startTlsServer((request, response) => {
      if (request.url === "/v2/") return response.end();
      return response.writeHead(307, { location: "http://storage.example/x" }).end();
    });
    await using registry = openSession(server.host, { ...fast, ca: server.ca });
    expect(await rejectionOf(registry.fetchBlob("a/b", blob))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
      message: expect.stringContaining("plain HTTP"),
    });
  });
});

describe("insecure", () => {
  it("is for the host and port that are named, and for no other", async () => {
    await using server = await startFakeServer((_, response) => sendJson(response, 200, {}));
    const { proxy, requests } = await plainProxy();
    await using registry = openSession("r.example:5000", {
      ...fast,
      insecure: ["r.example:5000"],
      proxy: proxy.url,
    });
    await rejectionOf(registry.fetchManifest("a/b", "v1"));
    for (const insecure of [["r.example"], ["r.example:443"], ["x.r.example:5000"], []]) {
      const options = { ...fast, retries: 0, insecure, proxy: proxy.url };
      await using other = openSession("r.example:5000", options);
      await rejectionOf(other.fetchManifest("a/b", "v1"));
    }
    expect(requests[0]).toMatch(/^GET http:\/\/r\.example:5000\//);
    expect(requests.slice(1)).toEqual(Array.from({ length: 4 }, () => "CONNECT r.example:5000"));
    await proxy.close();
    expect(server.requests).toEqual([]);
  });
});

describe("encodings and digests", () => {
  it("a blob is asked for as it is, and an encoding changes nothing of its bytes", async () => {
    const packed = gzipSync(bytes);
    const wanted = { digest: digestOf(packed), size: packed.byteLength };
    const asked: unknown[] = [];
    await using server = await startFakeServer((request, response) => {
      asked.push(request.headers["accept-encoding"]);
      response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    await using registry = openSession(server.host, fast);
    const { stream } = await registry.fetchBlob("a/b", wanted);
    expect(packed.equals(await buffer(stream))).toBe(true);
    expect(await rejectionOf(registry.fetchManifest("a/b", blob.digest))).toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
    });
    expect(asked).toEqual(["identity", "identity"]);
  });

  it("sha512 serves as well as sha256", async () => {
    const digest = `sha512:${createHash("sha512").update(bytes).digest("hex")}` as const;
    await using server = await startFakeServer((_, response) =>
      response.writeHead(200, { "docker-content-digest": blob.digest }).end(bytes),
    );
    await using registry = openSession(server.host, fast);
    const found = await registry.fetchManifest("a/b", digest);
    expect(found.descriptor).toMatchObject({ digest, size: bytes.byteLength });
    const { stream } = await registry.fetchBlob("a/b", { digest, size: bytes.byteLength });
    expect(bytes.equals(await buffer(stream))).toBe(true);
    const other = digest.replace(/.$/, (last) => (last === "0" ? "1" : "0")) as typeof digest;
    expect(await rejectionOf(registry.fetchManifest("a/b", other))).toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
    });
  });
});

describe("an abort", () => {
  it("ends a connection that nobody answers", async () => {
    await using server = await startRawServer(() => undefined);
    // Listens and never speaks TLS.
    const silent = createServer(() => undefined);
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const ca = (
      await startTlsServer(() => undefined).then(async (tls) => {
        await tls[Symbol.asyncDispose]();
        return tls;
      })
    ).ca;
    await using registry = openSession(`127.0.0.1:${port}`, { ...fast, ca });
    await using other = openSession(server.host, fast);
    for (const place of [registry, other]) {
      const controller = new AbortController();
      const began = performance.now();
      setTimeout(() => controller.abort("enough"), 100);
      expect(await rejectionOf(place.fetchManifest("a/b", "v1", controller.signal))).toBe("enough");
      expect(performance.now() - began).toBeLessThan(2_000);
    }
    await registry.close();
    silent.close();
  });
});

describe("an abort at any moment", () => {
  it("of the token, the redirect, the head or the body gives its reason, or comes too late", async () => {
    const later = (response: ServerResponse, answer: () => void) => {
      const timer = setTimeout(answer, 4);
      response.on("close", () => clearTimeout(timer));
    };
    await using storage = await startFakeServer((_, response) => {
      later(response, () => {
        response.writeHead(200, { "content-length": blob.size });
        response.write(bytes.subarray(0, 50_000));
        later(response, () => response.end(bytes.subarray(50_000)));
      });
    });
    await using server = await startFakeServer((request, response) =>
      later(response, () => {
        if (request.url?.startsWith("/token") === true) sendJson(response, 200, { token: "t" });
        else if (request.headers.authorization === undefined) {
          const realm = `Bearer realm="http://${request.headers.host}/token"`;
          response.writeHead(401, { "www-authenticate": realm }).end();
        } else response.writeHead(307, { location: `${storage.origin}/x` }).end();
      }),
    );
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 80; i++) {
      const controller = new AbortController();
      await using registry = openSession(server.host, fast);
      const timer = setTimeout(() => controller.abort("enough"), i / 2);
      const outcome = await registry
        .fetchBlob("a/b", blob, { signal: controller.signal })
        .then(({ stream }) => buffer(stream))
        .then(
          (received) => (bytes.equals(received) ? "whole" : "wrong"),
          (error: unknown) => String(error),
        );
      clearTimeout(timer);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(new Set(outcomes.keys())).toEqual(new Set(["enough", "whole"]));
  });
});

/** A proxy that notes what it is asked for and refuses it. */
async function plainProxy() {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (data) => {
      requests.push(String(data).split(" ").slice(0, 2).join(" "));
      socket.end("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    const closed = once(server, "close");
    for (const socket of sockets) socket.destroy();
    server.close();
    await closed;
  };
  return { proxy: { url, close }, requests };
}

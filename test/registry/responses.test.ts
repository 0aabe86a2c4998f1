import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { MAX_MANIFEST_BYTES } from "../../src/oci/manifest.js";
import { OCI_MANIFEST } from "../../src/oci/media-types.js";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { openRegistry } from "../../src/registry/registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { sendJson, startFakeServer } from "./fake-server.js";

const fast = { retryDelayMs: 1 };
const bytes = randomBytes(300_000);
const blob = { digest: digestOf(bytes), size: bytes.byteLength };

describe("statuses", () => {
  it.each([
    [403, "ERR_REGISTRY_FORBIDDEN", 1],
    [404, "ERR_REGISTRY_NOT_FOUND", 1],
    [401, "ERR_REGISTRY_UNAUTHORIZED", 1],
    [418, "ERR_REGISTRY_RESPONSE", 1],
    [204, "ERR_REGISTRY_RESPONSE", 1],
    [501, "ERR_REGISTRY_SERVER", 1],
    [500, "ERR_REGISTRY_SERVER", 3],
    [503, "ERR_REGISTRY_SERVER", 3],
    [429, "ERR_REGISTRY_RATE_LIMITED", 3],
  ])("%i is %s after %i tries", async (status, code, tries) => {
    await using server = await startFakeServer((_, response) =>
      sendJson(response, status, { errors: [{ code: "DENIED", message: "no\u001b[31m way" }] }),
    );
    await using registry = openRegistry(server.host, { ...fast, retries: 2 });
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(error).toMatchObject({
      code,
      data: { registry: server.host, url: `${server.origin}/v2/a/b/manifests/v1`, status },
    });
    expect(String(error)).not.toContain("\u001b");
    expect(server.requests).toHaveLength(tries);
  });

  it("says of a registry on loopback what it said in plain HTTP, not that it speaks no TLS", async () => {
    await using server = await startFakeServer((request, response) => {
      response.writeHead(307, { location: request.url ?? "/" }).end();
    });
    await using registry = openRegistry(server.host, { ...fast, retries: 0 });
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(error).toMatchObject({ code: "ERR_REGISTRY_RESPONSE" });
    expect(String(error)).toMatch(/redirect/);
  });

  it("repeats the registry's own words, cut", async () => {
    await using server = await startFakeServer((_, response) =>
      sendJson(response, 404, {
        errors: [{ code: "MANIFEST_UNKNOWN", message: "x".repeat(5000) }],
      }),
    );
    await using registry = openRegistry(server.host);
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(String(error)).toMatch(/MANIFEST_UNKNOWN: x{100}/);
    expect(String(error).length).toBeLessThan(500);
  });

  it.each(["<html>", '{"errors":"x"}', '{"errors":[null]}', '{"errors":[{"message":7}]}', "null"])(
    "an error body of %s is no matter",
    async (body) => {
      await using server = await startFakeServer((_, response) =>
        response.writeHead(404).end(body),
      );
      await using registry = openRegistry(server.host);
      expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
        code: "ERR_REGISTRY_NOT_FOUND",
      });
    },
  );

  it("passing failures are overcome", async () => {
    await using server = await startFakeServer((request, response, count) => {
      if (count === 1) sendJson(response, 503, {});
      else if (count === 2) sendJson(response, 429, {}, { "retry-after": "0" });
      else if (count === 3) request.socket.destroy();
      else sendJson(response, 200, {}, { "content-type": OCI_MANIFEST });
    });
    await using registry = openRegistry(server.host, fast);
    const { descriptor } = await registry.repository("a/b").fetchManifest("v1");
    expect(descriptor).toEqual({
      mediaType: OCI_MANIFEST,
      digest: digestOf(Buffer.from("{}")),
      size: 2,
    });
    expect(server.requests).toHaveLength(4);
  });

  it("waits as Retry-After says, and not for an hour", async () => {
    await using server = await startFakeServer((_, response, count) => {
      if (count === 1) sendJson(response, 429, {}, { "retry-after": "1" });
      else sendJson(response, 429, {}, { "retry-after": "3600" });
    });
    await using registry = openRegistry(server.host, fast);
    const began = performance.now();
    const error = await rejectionOf(registry.repository("a/b").fetchManifest("v1"));
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_RATE_LIMITED",
      data: { retryAfterMs: 3_600_000 },
    });
    expect(server.requests).toHaveLength(2);
  });
});

describe("manifests", () => {
  it.each<[string, Record<string, string>, string, string]>([
    ["another digest than asked for", {}, blob.digest, "ERR_DIGEST_MISMATCH"],
    [
      "another digest than announced",
      { "docker-content-digest": blob.digest },
      "v1",
      "ERR_DIGEST_MISMATCH",
    ],
    [
      "an announced digest that is none",
      { "docker-content-digest": "sha256:1" },
      "v1",
      "ERR_REGISTRY_RESPONSE",
    ],
    [
      "a length above the cap",
      { "content-length": String(MAX_MANIFEST_BYTES + 1) },
      "v1",
      "ERR_REGISTRY_RESPONSE",
    ],
  ])("refuses %s", async (_, headers, name, code) => {
    await using server = await startFakeServer((__, response) =>
      sendJson(response, 200, {}, headers),
    );
    await using registry = openRegistry(server.host, { ...fast, retries: 0 });
    expect(await rejectionOf(registry.repository("a/b").fetchManifest(name))).toMatchObject({
      code,
    });
  });

  it("stops reading a manifest that never ends", async () => {
    await using server = await startFakeServer((_, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(65_536, " ")));
      };
      response.on("drain", more);
      more();
    });
    await using registry = openRegistry(server.host, fast);
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("reads again what was cut", async () => {
    await using server = await startFakeServer((_, response, count) => {
      response.writeHead(200, { "content-length": "2" });
      response.write("{");
      setTimeout(() => (count === 1 ? response.destroy() : response.end("}")), 20);
    });
    await using registry = openRegistry(server.host, fast);
    expect((await registry.repository("a/b").fetchManifest("v1")).descriptor.size).toBe(2);
  });

  it("resolves by GET where HEAD does not tell", async () => {
    await using server = await startFakeServer((_, response) => sendJson(response, 200, {}));
    await using registry = openRegistry(server.host);
    expect((await registry.repository("a/b").resolve("v1")).digest).toBe(
      digestOf(Buffer.from("{}")),
    );
    expect(server.requests).toEqual(["HEAD /v2/a/b/manifests/v1", "GET /v2/a/b/manifests/v1"]);
  });

  it("asks for no repository or tag that is none", async () => {
    await using server = await startFakeServer(() => undefined);
    await using registry = openRegistry(server.host);
    for (const [repository, tag] of [
      ["../x", "v1"],
      ["a/b", "v1?x"],
      ["a/b/manifests/v2#", "v1"],
    ] as const) {
      const fetched = async () => registry.repository(repository).fetchManifest(tag);
      expect(await rejectionOf(fetched())).toMatchObject({ code: "ERR_REFERENCE_INVALID" });
    }
    expect(server.requests).toEqual([]);
  });
});

describe("blobs", () => {
  it.each<[string, number, boolean]>([
    ["fewer bytes by their length", 100, true],
    ["more bytes by their length", 400_000, true],
    ["fewer bytes in the end", 100, false],
    ["more bytes in the end", 400_000, false],
  ])("refuses %s", async (_, size, hasLength) => {
    await using server = await startFakeServer((__, response) => {
      if (hasLength) response.setHeader("content-length", size);
      else response.flushHeaders();
      response.end(Buffer.alloc(size));
    });
    await using registry = openRegistry(server.host, fast);
    const error = await rejectionOf(
      registry
        .repository("a/b")
        .fetchBlob(blob)
        .then(({ stream }) => collect(stream)),
    );
    expect(error).toMatchObject({
      code: "ERR_SIZE_MISMATCH",
      data: { digest: blob.digest, expected: blob.size },
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([true, false])("takes up a cut download (server with ranges: %s)", async (hasRanges) => {
    await using server = await startFakeServer((request, response, count) => {
      const asked = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const from = hasRanges ? asked : 0;
      if (from > 0) {
        response.statusCode = 206;
        response.setHeader("content-range", `bytes ${from}-${blob.size - 1}/${blob.size}`);
      }
      response.setHeader("content-length", blob.size - from);
      const to = Math.min(blob.size, count * 100_001);
      response.write(bytes.subarray(from, to));
      setTimeout(() => (to < blob.size ? response.destroy() : response.end()), 30);
    });
    await using registry = openRegistry(server.host, fast);
    const { stream, size } = await registry.repository("a/b").fetchBlob(blob);
    expect(size).toBe(blob.size);
    expect(bytes.equals(await collect(stream))).toBe(true);
    expect(server.requests).toHaveLength(3);
  });

  it("gives up a download that always breaks", async () => {
    await using server = await startFakeServer((_, response) => {
      response.setHeader("content-length", blob.size);
      response.write("x");
      setTimeout(() => response.destroy(), 5);
    });
    await using registry = openRegistry(server.host, fast);
    const { stream } = await registry.repository("a/b").fetchBlob(blob);
    expect(await rejectionOf(collect(stream))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      data: { registry: server.host },
    });
  });

  it.each(["bytes 0-299999/300000", "bytes 100-199/300000", "bytes 100-299999/300001", "rubbish"])(
    "refuses a part that was not asked for: %s",
    async (range) => {
      await using server = await startFakeServer((_, response) => {
        response.writeHead(206, { "content-range": range });
        response.end();
      });
      await using registry = openRegistry(server.host, fast);
      expect(
        await rejectionOf(registry.repository("a/b").fetchBlob(blob, { offset: 100 })),
      ).toMatchObject({
        code: expect.stringMatching(/ERR_REGISTRY_RESPONSE|ERR_SIZE_MISMATCH/),
      });
    },
  );
});

describe("pushes", () => {
  it("say what is wrong with the content, and give its own errors back", async () => {
    await using server = await startFakeServer((request, response) => {
      if (request.method === "HEAD") response.writeHead(404).end();
      else if (request.method === "POST") {
        response.writeHead(202, { location: "/v2/a/b/blobs/uploads/1?state=x" }).end();
      } else request.resume().on("end", () => response.writeHead(201).end());
    });
    await using registry = openRegistry(server.host, fast);
    await registry.repository("a/b").pushBlob(blob, bytes);
    expect(server.requests.at(-1)).toBe(
      `PUT /v2/a/b/blobs/uploads/1?state=x&digest=${encodeURIComponent(blob.digest)}`,
    );
    const failure = new Error("disk broke");
    const sources: [AsyncIterable<Uint8Array>, object][] = [
      [chunksOf(bytes.subarray(1)), { code: "ERR_SIZE_MISMATCH" }],
      [chunksOf(bytes, bytes), { code: "ERR_SIZE_MISMATCH" }],
      [chunksOf(bytes.subarray(1), failure), { message: failure.message }],
    ];
    for (const [source, expected] of sources) {
      const error = await rejectionOf(registry.repository("a/b").pushBlob(blob, () => source));
      expect(error).toMatchObject(expected);
    }
    expect(
      await rejectionOf(registry.repository("a/b").pushBlob(blob, bytes.subarray(1))),
    ).toMatchObject({
      code: "ERR_SIZE_MISMATCH",
    });
  });
});

describe("no answer", () => {
  it("is ERR_REGISTRY_UNREACHABLE when nobody listens", async () => {
    const server = await startFakeServer(() => undefined);
    await server[Symbol.asyncDispose]();
    await using registry = openRegistry(server.host, fast);
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      data: { registry: server.host },
    });
  });

  it("is ERR_REGISTRY_UNREACHABLE when the head or the body stays out", async () => {
    await using server = await startFakeServer((request, response) => {
      if (request.url?.includes("/blobs/")) response.writeHead(200).write("x");
    });
    const options = { ...fast, retries: 0, headersTimeoutMs: 300, stallTimeoutMs: 300 };
    await using registry = openRegistry(server.host, options);
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
    });
    const { stream } = await registry.repository("a/b").fetchBlob(blob);
    expect(await rejectionOf(collect(stream))).toMatchObject({ code: "ERR_REGISTRY_UNREACHABLE" });
  });

  it("is an answer all the same when it is not HTTP", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await using registry = openRegistry(`127.0.0.1:${port}`, {
      ...fast,
      insecure: [`127.0.0.1:${port}`],
    });
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_RESPONSE",
    });
    server.close();
  });

  it("is said of a closed client", async () => {
    await using server = await startFakeServer((_, response) => sendJson(response, 200, {}));
    const registry = openRegistry(server.host, fast);
    await registry.repository("a/b").fetchManifest("v1");
    await registry.close();
    await registry.close();
    expect(await rejectionOf(registry.repository("a/b").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
    });
  });
});

describe("abort", () => {
  const reason = { my: "reason" };

  it("gives the reason back while waiting, reading and pausing", async () => {
    await using server = await startFakeServer((request, response) => {
      if (request.url?.includes("/blobs/")) {
        response.writeHead(200, { "content-length": blob.size }).write("x");
      } else if (request.url?.endsWith("busy"))
        sendJson(response, 503, {}, { "retry-after": "20" });
    });
    await using registry = openRegistry(server.host, fast);
    for (const tag of ["silent", "busy"]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 100);
      const { signal } = controller;
      expect(await rejectionOf(registry.repository("a/b").fetchManifest(tag, { signal }))).toBe(
        reason,
      );
    }
    const controller = new AbortController();
    const { stream } = await registry
      .repository("a/b")
      .fetchBlob(blob, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    expect(await rejectionOf(collect(stream))).toBe(reason);
    const aborted = AbortSignal.abort(reason);
    await using fresh = openRegistry(server.host, fast);
    expect(await rejectionOf(fresh.repository("a/b").listTags({ signal: aborted }))).toBe(reason);
    expect(await rejectionOf(registry.repository("a/b").listTags({ signal: aborted }))).toBe(
      reason,
    );
  });

  it("does no harm to a download that nobody reads", async () => {
    await using server = await startFakeServer((_, response) => {
      response.writeHead(200, { "content-length": blob.size }).write("x");
    });
    await using registry = openRegistry(server.host, fast);
    const controller = new AbortController();
    const { stream } = await registry
      .repository("a/b")
      .fetchBlob(blob, { signal: controller.signal });
    controller.abort(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await rejectionOf(collect(stream))).toBe(reason);
  });
});

async function* chunksOf(...parts: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

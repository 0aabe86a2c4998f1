import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../src/oci/digest.js";
import { openRegistry } from "../../src/registry/registry.js";
import { startRegistry } from "../../src/testing/start-registry.js";
import { rejectionOf } from "../support/thrown-by.js";
import { startFakeServer } from "./fake-server.js";
import { startUploadServer, type UploadBehaviour } from "./upload-server.js";

const fast = { retryDelayMs: 1 };
const KIB = 1024;

/** Pushes 300 KiB to a registry of this behaviour, in chunks of 100 KiB if not said otherwise. */
async function push(behaviour: UploadBehaviour, chunkBytes: number | undefined = 100 * KIB) {
  await using server = await startUploadServer(behaviour);
  await using registry = openRegistry(server.host, fast);
  const { blob, bytes } = randomBlob(300 * KIB);
  const options = chunkBytes === 0 ? {} : { chunkBytes };
  const pushed = registry.repository("a/b").pushBlob(blob, pieces(bytes), options);
  const outcome = await pushed.catch((error: unknown) => error);
  const stored = server.blobs.get(blob.digest);
  const methods = server.requests.map((line) => line.split(" ")[0]);
  return { outcome, methods, isWhole: stored?.equals(bytes), ranges: server.ranges };
}

const first = (
  method: string,
  action: (request: IncomingMessage, response: ServerResponse) => void,
) =>
  ((request, response, count) => {
    if (request.method !== method || count !== 1) return false;
    action(request, response);
    return true;
  }) satisfies UploadBehaviour["intercept"];

describe("an upload in chunks", () => {
  it("goes on where the connection broke, asking the registry for the place", async () => {
    const { outcome, methods, isWhole, ranges } = await push({
      intercept: (request, response, count, upload) => {
        if (request.method !== "PATCH" || count !== 2) return false;
        let received = 0;
        request.on("data", (chunk: Buffer) => {
          // It keeps 30 KiB of the chunk, then the line breaks.
          const kept = chunk.subarray(0, Math.max(0, 30 * KIB - received));
          upload.bytes = Buffer.concat([upload.bytes, kept]);
          received += chunk.byteLength;
          if (received >= 30 * KIB) response.destroy();
        });
        return true;
      },
    });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
    expect(methods).toEqual(["HEAD", "POST", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PUT"]);
    expect(ranges).toEqual([
      `0-${100 * KIB - 1}`,
      `${130 * KIB}-${200 * KIB - 1}`,
      `${200 * KIB}-${300 * KIB - 1}`,
    ]);
  });

  it("does not repeat a chunk that arrived though its answer was lost", async () => {
    const { outcome, methods, isWhole } = await push({
      intercept: (request, response, count, upload) => {
        if (request.method !== "PATCH" || count !== 1) return false;
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          upload.bytes = Buffer.concat(chunks);
          response.destroy();
        });
        return true;
      },
    });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
    expect(methods).toEqual(["HEAD", "POST", "PATCH", "GET", "PATCH", "PATCH", "PUT"]);
  });

  it("asks for the place after 416", async () => {
    const { outcome, methods, isWhole } = await push({
      intercept: first("PATCH", (request, response) => {
        request.resume().on("end", () => response.writeHead(416).end());
      }),
    });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
    expect(methods.slice(0, 5)).toEqual(["HEAD", "POST", "PATCH", "GET", "PATCH"]);
  });

  it("is begun anew when the registry has forgotten it", async () => {
    const { outcome, methods, isWhole } = await push({
      intercept: (request, response, count) => {
        if (request.method === "PATCH" && count === 2) {
          request.resume().on("end", () => response.writeHead(503).end());
          return true;
        }
        if (request.method !== "GET") return false;
        response.writeHead(404).end();
        return true;
      },
    });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
    expect(methods).toEqual([
      ...["HEAD", "POST", "PATCH", "PATCH", "GET", "DELETE"],
      ...["HEAD", "POST", "PATCH", "PATCH", "PATCH", "PUT"],
    ]);
  });

  it("has chunks as large as OCI-Chunk-Min-Length wants them", async () => {
    const beginHeaders = { "oci-chunk-min-length": String(128 * KIB) };
    const { outcome, isWhole, ranges } = await push({ beginHeaders });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
    expect(ranges).toEqual([
      `0-${128 * KIB - 1}`,
      `${128 * KIB}-${256 * KIB - 1}`,
      `${256 * KIB}-${300 * KIB - 1}`,
    ]);
  });

  it("is refused when the registry wants chunks that do not fit into memory", async () => {
    const beginHeaders = { "oci-chunk-min-length": String(2 ** 40) };
    const { outcome, methods } = await push({ beginHeaders });
    expect(outcome).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(methods).toEqual(["HEAD", "POST", "DELETE"]);
  });

  it("ends when the registry never has what was sent", async () => {
    const { outcome } = await push({
      intercept: (request, response) => {
        if (request.method !== "PATCH") return false;
        request.resume().on("end", () => response.writeHead(202, { range: "0-9" }).end());
        return true;
      },
    });
    expect(outcome).toMatchObject({ code: "ERR_REGISTRY_UNREACHABLE" });
  });

  it("counts as pushed when only the last answer was lost", async () => {
    const { outcome, isWhole } = await push({
      intercept: (request, response, count) => {
        if (request.method === "PUT" && count === 1) {
          // The registry finishes, but nobody hears of it.
          request.resume();
          response.writeHead = () => response;
          response.end = () => response.destroy();
        }
        return false;
      },
    });
    expect([outcome, isWhole]).toEqual(["pushed", true]);
  });
});

describe("the Location of an upload", () => {
  it.each<[string, NonNullable<UploadBehaviour["location"]>]>([
    ["relative to the root", (path) => path],
    ["relative to the request", () => "1"],
    ["absolute", (path, { origin }) => `${origin}${path}`],
    ["with a query that changes", (path, _, step) => `${path}?state=${step}&x=a%2Fb`],
  ])("may be %s", async (_, location) => {
    const chunked = await push({ location });
    expect([chunked.outcome, chunked.isWhole]).toEqual(["pushed", true]);
    const whole = await push({ location }, 0);
    expect([whole.outcome, whole.isWhole]).toEqual(["pushed", true]);
    expect(whole.methods).toEqual(["HEAD", "POST", "PUT"]);
  });

  it("keeps its query, and is used as it last was", async () => {
    await using server = await startUploadServer({
      location: (path, _, step) => `${path}?state=${step}`,
    });
    await using registry = openRegistry(server.host, fast);
    const { blob, bytes } = randomBlob(200);
    await registry.repository("a/b").pushBlob(blob, bytes, { chunkBytes: 100 });
    expect(server.requests.slice(2).map((line) => line.split("?")[1])).toEqual([
      "state=1",
      "state=2",
      `state=3&digest=${encodeURIComponent(blob.digest)}`,
    ]);
  });

  it("must be there", async () => {
    await using server = await startFakeServer(({ method }, response) =>
      response.writeHead(method === "HEAD" ? 404 : 202).end(),
    );
    await using registry = openRegistry(server.host, fast);
    const { blob, bytes } = randomBlob(100 * KIB);
    const error = await rejectionOf(registry.repository("a/b").pushBlob(blob, bytes));
    expect(error).toMatchObject({ code: "ERR_REGISTRY_RESPONSE" });
  });
});

describe("a blob in one piece", () => {
  it("goes by a single POST where the registry takes that", async () => {
    await using server = await startRegistry();
    await using registry = openRegistry(server.host, fast);
    const { blob, bytes } = randomBlob(1000);
    expect(await registry.repository("a/b").pushBlob(blob, pieces(bytes))).toBe("pushed");
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "HEAD", "POST"]);
    expect(await registry.repository("a/b").hasBlob(blob)).toBe(true);
  });

  it("is tried by a single POST once, where that is not taken", async () => {
    await using server = await startUploadServer();
    await using registry = openRegistry(server.host, fast);
    const repository = registry.repository("a/b");
    for (const size of [10, 20, 30]) {
      const { blob, bytes } = randomBlob(size);
      expect(await repository.pushBlob(blob, bytes)).toBe("pushed");
      expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true);
    }
    const posts = server.requests.filter((line) => line.startsWith("POST"));
    expect(posts.map((line) => line.includes("digest="))).toEqual([true, false, false]);
  });

  it("goes by POST and PUT where a single POST is an error, or its bytes were kept", async () => {
    for (const keeps of [false, true]) {
      await using server = await startUploadServer({
        intercept: (request, response, count, upload) => {
          if (request.method !== "POST" || count > 1) return false;
          const chunks: Buffer[] = [];
          request.on("data", (chunk: Buffer) => chunks.push(chunk));
          request.on("end", () => {
            if (!keeps) return response.writeHead(405).end();
            upload.bytes = Buffer.concat(chunks);
            return response.writeHead(202, { location: "/v2/a/b/blobs/uploads/1" }).end();
          });
          return true;
        },
      });
      await using registry = openRegistry(server.host, fast);
      const { blob, bytes } = randomBlob(1000);
      expect(await registry.repository("a/b").pushBlob(blob, bytes)).toBe("pushed");
      expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true);
    }
  });

  it("goes in chunks where it is too large", async () => {
    await using server = await startUploadServer({
      intercept: first("PUT", (request, response) => {
        response.writeHead(413).end();
        request.resume();
      }),
    });
    await using registry = openRegistry(server.host, fast);
    const { blob, bytes } = randomBlob(17 * KIB * KIB);
    expect(await registry.repository("a/b").pushBlob(blob, pieces(bytes))).toBe("pushed");
    expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true);
    expect(server.ranges).toHaveLength(2);
  });

  it("is what a large blob becomes where the registry takes no chunks", async () => {
    const size = 2 ** 30 + 1;
    const asked: (string | undefined)[] = [];
    await using server = await startUploadServer({
      intercept: (request, response) => {
        const { method, headers } = request;
        if (method !== "PATCH" && method !== "PUT") return false;
        asked.push(`${method} ${headers["content-length"]}`);
        response.writeHead(method === "PATCH" ? 405 : 403, { connection: "close" }).end();
        return true;
      },
    });
    await using registry = openRegistry(server.host, fast);
    const piece = Buffer.alloc(256 * KIB);
    const zeros = async function* () {
      for (;;) yield await Promise.resolve(piece);
    };
    const blob = { digest: `sha256:${"0".repeat(64)}` as const, size };
    const error = await rejectionOf(registry.repository("a/b").pushBlob(blob, zeros));
    expect(asked.slice(0, 2)).toEqual([`PATCH ${16 * KIB * KIB}`, `PUT ${size}`]);
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_REGISTRY_/) });
  });

  it("is sent again after a broken connection, unless it arrived", async () => {
    for (const arrives of [false, true]) {
      await using server = await startUploadServer({
        intercept: (request, response, count) => {
          if (request.method !== "PUT" || count > 1) return false;
          if (arrives) {
            response.writeHead = () => response;
            response.end = () => response.destroy();
            return false;
          }
          response.destroy();
          return true;
        },
      });
      await using registry = openRegistry(server.host, fast);
      const { blob, bytes } = randomBlob(200 * KIB);
      expect(await registry.repository("a/b").pushBlob(blob, pieces(bytes))).toBe("pushed");
      expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true);
      const puts = server.requests.filter((line) => line.startsWith("PUT"));
      expect(puts).toHaveLength(arrives ? 1 : 2);
    }
  });

  it("ends soon after an abort, though the registry does not answer any more", async () => {
    const held: ServerResponse[] = [];
    await using server = await startUploadServer({
      intercept: (request, response) => {
        if (request.method !== "PUT" && request.method !== "DELETE") return false;
        held.push(response);
        return true;
      },
    });
    await using registry = openRegistry(server.host, fast);
    const { blob, bytes } = randomBlob(200 * KIB);
    const signal = AbortSignal.timeout(100);
    const started = performance.now();
    const pushed = registry.repository("a/b").pushBlob(blob, pieces(bytes), { signal });
    expect(await rejectionOf(pushed)).toBe(signal.reason);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(held).toHaveLength(2);
  });

  it("is mounted only where the registry says so", async () => {
    for (const status of [400, 403, 404, 405]) {
      await using server = await startUploadServer({
        intercept: (request, response) => {
          if (request.method !== "POST" || !request.url?.includes("mount=")) return false;
          response.writeHead(status).end();
          return true;
        },
      });
      await using registry = openRegistry(server.host, fast);
      const { blob, bytes } = randomBlob(200 * KIB);
      const options = { mountFrom: "other/place" };
      expect(await registry.repository("a/b").pushBlob(blob, bytes, options)).toBe("pushed");
      expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true);
    }
  });
});

function randomBlob(size: number) {
  const bytes = randomBytes(size);
  const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { blob: { digest, size }, bytes };
}

function pieces(bytes: Uint8Array, size = 16 * KIB) {
  return async function* () {
    for (let at = 0; at < bytes.byteLength; at += size) {
      yield await Promise.resolve(bytes.subarray(at, at + size));
    }
  };
}

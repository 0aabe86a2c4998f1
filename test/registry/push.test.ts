import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Digest } from "../../src/oci/digest.js";
import { openRegistry, type Registry } from "../../src/registry/registry.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.js";
import { rejectionOf } from "../support/thrown-by.js";
import { startTokenServer } from "../support/token-server.js";

const MIB = 2 ** 20;

let server: DockerRegistry;
let proxy: RecordingProxy;
let registry: Registry;

beforeAll(async () => {
  server = await startDockerRegistry();
  proxy = await startRecordingProxy(server.host);
  registry = openRegistry(proxy.host, { retryDelayMs: 1 });
});
afterAll(async () => {
  await registry?.close();
  await proxy?.[Symbol.asyncDispose]();
  await server?.close();
});
beforeEach(() => {
  proxy.exchanges.length = 0;
});

describe("pushing to Debian's docker-registry", () => {
  it("sends a blob monolithically, and only once", async () => {
    const { blob, bytes } = randomBlob(3 * MIB);
    const repository = registry.repository("push/whole");
    const sent: number[] = [];
    const options = { onProgress: (size: number) => void sent.push(size) };
    expect(await repository.pushBlob(blob, pieces(bytes), options)).toBe("pushed");
    expect(proxy.steps()).toEqual(["HEAD 404", "POST 202", "PUT 201"]);
    expect(sent.at(-1)).toBe(blob.size);
    expect(sent.length).toBeGreaterThan(10);
    expect(await repository.pushBlob(blob, pieces(bytes))).toBe("existing");
    expect(proxy.steps().slice(3)).toEqual(["HEAD 200"]);
    expect(bytes.equals(await read(repository, blob))).toBe(true);
  });

  it("sends a blob in chunks", async () => {
    const { blob, bytes } = randomBlob(5 * MIB + 123);
    const repository = registry.repository("push/chunks");
    const sent: number[] = [];
    const options = { chunkBytes: 2 * MIB, onProgress: (size: number) => void sent.push(size) };
    expect(await repository.pushBlob(blob, pieces(bytes), options)).toBe("pushed");
    expect(proxy.steps()).toEqual([
      ...["HEAD 404", "POST 202"],
      ...["PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"],
    ]);
    const ranges = proxy.exchanges
      .filter(({ method }) => method === "PATCH")
      .map(({ headers }) => headers["content-range"]);
    expect(ranges).toEqual([
      `0-${2 * MIB - 1}`,
      `${2 * MIB}-${4 * MIB - 1}`,
      `${4 * MIB}-${5 * MIB + 122}`,
    ]);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    expect(sent.at(-1)).toBe(blob.size);
    expect(bytes.equals(await read(repository, blob))).toBe(true);
  });

  it("sends chunks of bytes in memory, the last one whole", async () => {
    const { blob, bytes } = randomBlob(200);
    const repository = registry.repository("push/small-chunks");
    expect(await repository.pushBlob(blob, bytes, { chunkBytes: 100 })).toBe("pushed");
    expect(proxy.steps().filter((step) => step === "PATCH 202")).toHaveLength(2);
    expect(bytes.equals(await read(repository, blob))).toBe(true);
  });

  it("mounts a blob of another repository", async () => {
    const { blob, bytes } = randomBlob(MIB);
    await registry.repository("mount/from").pushBlob(blob, bytes);
    proxy.exchanges.length = 0;
    const target = registry.repository("mount/to");
    const never = () => {
      throw new Error("not to be read");
    };
    expect(await target.pushBlob(blob, never, { mountFrom: "mount/from" })).toBe("mounted");
    expect(proxy.steps()).toEqual(["HEAD 404", "POST 201"]);
    expect(proxy.exchanges[1]?.path).toContain(`mount=${encodeURIComponent(blob.digest)}`);
    expect(bytes.equals(await read(target, blob))).toBe(true);
  });

  it("sends a blob that cannot be mounted, by the upload that was begun in place of it", async () => {
    const { blob, bytes } = randomBlob(MIB);
    const target = registry.repository("mount/none");
    expect(await target.pushBlob(blob, bytes, { mountFrom: "mount/empty" })).toBe("pushed");
    expect(proxy.steps()).toEqual(["HEAD 404", "POST 202", "PUT 201"]);
    expect(bytes.equals(await read(target, blob))).toBe(true);
  });

  it("asks a token server for both repositories of a mount", async () => {
    const credentials = { username: "ada", password: "secret" };
    await using tokens = await startTokenServer(credentials);
    await using guarded = await startDockerRegistry({ token: tokens.token });
    await using client = openRegistry(guarded.host, { credentials });
    const { blob, bytes } = randomBlob(100_000);
    await client.repository("a/from").pushBlob(blob, bytes);
    const outcome = await client.repository("b/to").pushBlob(blob, bytes, { mountFrom: "a/from" });
    expect(outcome).toBe("mounted");
    expect(tokens.scopes.at(-1)).toContain("repository:b/to:pull,push");
    expect(tokens.scopes.at(-1)).toContain("repository:a/from:pull");
  });

  it("leaves nothing of bytes that are not the declared ones", async () => {
    const { blob, bytes } = randomBlob(3 * MIB);
    const wrong = Buffer.from(bytes);
    wrong[10] = (wrong[10] ?? 0) ^ 1;
    const repository = registry.repository("push/wrong");
    for (const options of [{}, { chunkBytes: MIB }]) {
      const error = await rejectionOf(repository.pushBlob(blob, pieces(wrong), options));
      expect(error).toMatchObject({ code: "ERR_DIGEST_MISMATCH", data: { expected: blob.digest } });
      const short = repository.pushBlob(blob, pieces(bytes.subarray(1)), options);
      expect(await rejectionOf(short)).toMatchObject({ code: "ERR_SIZE_MISMATCH" });
      const long = Buffer.concat([bytes, Buffer.from("x")]);
      expect(await rejectionOf(repository.pushBlob(blob, pieces(long), options))).toMatchObject({
        code: "ERR_SIZE_MISMATCH",
      });
    }
    expect(proxy.steps().filter((step) => step.startsWith("PUT 2"))).toEqual([]);
    // Each upload that was given up was cancelled.
    const posts = proxy.steps().filter((step) => step === "POST 202").length;
    expect(proxy.steps().filter((step) => step.startsWith("DELETE"))).toHaveLength(posts);
    expect(await repository.hasBlob(blob)).toBe(false);
  });

  it("stops at an abort with its reason, and cancels the upload", async () => {
    const { blob, bytes } = randomBlob(4 * MIB);
    const repository = registry.repository("push/aborted");
    for (const chunkBytes of [undefined, MIB]) {
      proxy.exchanges.length = 0;
      const controller = new AbortController();
      const reason = new Error("enough");
      const options = {
        signal: controller.signal,
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
        onProgress: (sent: number) => {
          if (sent > 2 * MIB) controller.abort(reason);
        },
      };
      expect(await rejectionOf(repository.pushBlob(blob, pieces(bytes), options))).toBe(reason);
      expect(proxy.steps().at(-1)).toMatch(/^DELETE (?:204|404)$/);
      expect(await repository.hasBlob(blob)).toBe(false);
    }
  });

  it("stops at an abort also when the content hangs", async () => {
    const { blob, bytes } = randomBlob(4 * MIB);
    const repository = registry.repository("push/hanging");
    const hanging = async function* () {
      yield* pieces(bytes.subarray(0, 2 * MIB))();
      await new Promise(() => undefined);
    };
    for (const options of [{}, { chunkBytes: MIB }]) {
      const signal = AbortSignal.timeout(200);
      const pushed = repository.pushBlob(blob, hanging, { ...options, signal });
      expect(await rejectionOf(pushed)).toBe(signal.reason);
      expect(proxy.steps().at(-1)).toMatch(/^DELETE (?:204|404)$/);
    }
  });

  it("pushes an empty blob", async () => {
    const { blob, bytes } = randomBlob(0);
    expect(await registry.repository("push/empty").pushBlob(blob, bytes)).toBe("pushed");
    expect(bytes.equals(await read(registry.repository("push/empty"), blob))).toBe(true);
  });

  it("verifies digests of sha512", async () => {
    const bytes = randomBytes(1000);
    const hex = createHash("sha512").update(bytes).digest("hex");
    const digest: Digest = `sha512:${hex}`;
    const blob = { digest, size: 1000 };
    const repository = registry.repository("push/sha512");
    expect(await repository.pushBlob(blob, bytes)).toBe("pushed");
    expect(await repository.hasBlob(blob)).toBe(true);
    const other = {
      digest: `sha512:${hex.replace(/^./, (c) => (c === "0" ? "1" : "0"))}` as const,
    };
    const error = await rejectionOf(repository.pushBlob({ ...other, size: 1000 }, bytes));
    expect(error).toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
  });

  it("refuses options that make no sense", async () => {
    const { blob, bytes } = randomBlob(10);
    const repository = registry.repository("push/options");
    for (const chunkBytes of [0, -1, 1.5, Number.NaN]) {
      expect(await rejectionOf(repository.pushBlob(blob, bytes, { chunkBytes }))).toMatchObject({
        code: "ERR_OPTIONS_INVALID",
      });
    }
    const mountFrom = "../escape";
    expect(await rejectionOf(repository.pushBlob(blob, bytes, { mountFrom }))).toMatchObject({
      code: "ERR_REFERENCE_INVALID",
    });
    expect(proxy.exchanges).toEqual([]);
  });
});

function randomBlob(size: number) {
  const bytes = randomBytes(size);
  const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { blob: { digest, size }, bytes };
}

function pieces(bytes: Uint8Array, size = 64 * 1024) {
  return async function* () {
    for (let at = 0; at < bytes.byteLength; at += size) {
      yield await Promise.resolve(bytes.subarray(at, at + size));
    }
  };
}

async function read(
  repository: ReturnType<Registry["repository"]>,
  blob: { readonly digest: Digest; readonly size: number },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await repository.fetchBlob(blob)).stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

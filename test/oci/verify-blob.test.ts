import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../src/oci/digest.js";
import { readBlob, verifyBlob } from "../../src/oci/verify-blob.js";
import { rejectionOf } from "../support/thrown-by.js";

const bytes = randomBytes(10_000);
const blob = { digest: digestOf("sha256", bytes), size: bytes.byteLength };

async function* pieces(content: Uint8Array, size = 3000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) {
    yield await Promise.resolve(content.subarray(at, at + size));
  }
}

/** What comes out before the end or the error. */
async function verified(content: Uint8Array, expected = blob) {
  const chunks: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const chunk of verifyBlob(pieces(content), expected)) chunks.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { received: Buffer.concat(chunks), error };
}

describe("verifyBlob", () => {
  it("hands on what is right, by sha256 and sha512", async () => {
    expect((await verified(bytes)).received.equals(bytes)).toBe(true);
    const long = { digest: digestOf("sha512", bytes), size: bytes.byteLength };
    expect((await verified(bytes, long)).received.equals(bytes)).toBe(true);
    const empty = Buffer.alloc(0);
    expect(await verified(empty, { digest: digestOf("sha256", empty), size: 0 })).toEqual({
      received: empty,
      error: undefined,
    });
  });

  it("never hands on all of what is wrong", async () => {
    const altered = Buffer.from(bytes);
    altered[0] = (altered[0] ?? 0) ^ 1;
    const { received, error } = await verified(altered);
    expect(error).toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
      data: { expected: blob.digest, actual: digestOf("sha256", altered) },
    });
    expect(received.byteLength).toBe(9000);
  });

  it("refuses the first byte too many, and an early end", async () => {
    const long = await verified(Buffer.concat([bytes, bytes, bytes]));
    expect(long.error).toMatchObject({ code: "ERR_SIZE_MISMATCH" });
    expect(long.received.byteLength).toBeLessThan(bytes.byteLength);
    const short = await verified(bytes.subarray(0, 9999));
    expect(short.error).toMatchObject({
      code: "ERR_SIZE_MISMATCH",
      data: { expected: 10_000, actual: 9999 },
    });
  });

  it("refuses a digest that cannot be verified", async () => {
    const digest = "md5:d41d8cd98f00b204e9800998ecf8427e" as Digest;
    expect((await verified(bytes, { digest, size: 1 })).error).toMatchObject({
      code: "ERR_DIGEST_INVALID",
    });
  });

  it("closes the source when nobody reads on", async () => {
    let closed = false;
    const source = async function* () {
      try {
        yield* pieces(bytes);
      } finally {
        closed = true;
      }
    };
    for await (const chunk of verifyBlob(source(), blob)) {
      expect(chunk.byteLength).toBe(3000);
      break;
    }
    expect(closed).toBe(true);
  });
});

describe("readBlob", () => {
  const repository = (content: Uint8Array) => ({
    asked: 0,
    async fetchBlob() {
      this.asked++;
      return Promise.resolve({ stream: pieces(content) });
    },
  });

  it("reads a blob into memory, verified", async () => {
    expect(bytes.equals(await readBlob(repository(bytes), blob))).toBe(true);
    const wrong = repository(Buffer.alloc(10_000));
    expect(await rejectionOf(readBlob(wrong, blob))).toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
  });

  it("does not even ask for one that is too large", async () => {
    const source = repository(bytes);
    expect(await rejectionOf(readBlob(source, blob, { maxBytes: 9999 }))).toMatchObject({
      code: "ERR_BLOB_TOO_LARGE",
      data: { size: 10_000, limit: 9999 },
    });
    const huge = { ...blob, size: 4 * 2 ** 20 + 1 };
    expect(await rejectionOf(readBlob(source, huge))).toMatchObject({ code: "ERR_BLOB_TOO_LARGE" });
    expect(source.asked).toBe(0);
  });
});

function digestOf(algorithm: "sha256" | "sha512", content: Uint8Array): Digest {
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../src/oci/digest.js";
import { parseManifest } from "../../src/oci/manifest.js";
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "../../src/oci/media-types.js";
import { openRegistry, type Registry } from "../../src/registry/registry.js";
import type { RegistryOptions } from "../../src/registry/registry-options.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { startTokenServer } from "../support/token-server.js";
import { rejectionOf } from "../support/thrown-by.js";

const credentials = { username: "ada", password: "l0vel@ce:é" };
const blobs = [randomBytes(100), randomBytes(3 * 2 ** 20 + 17)].map((bytes) => ({
  bytes,
  digest: digestOf(bytes),
  size: bytes.byteLength,
}));

describe.each([
  ["plain", {}],
  ["htpasswd", { htpasswd: credentials }],
  ["TLS and htpasswd", { tls: true, htpasswd: credentials }],
] as const)("Debian's docker-registry, %s", (_, serverOptions) => {
  let server: DockerRegistry;
  let registry: Registry;
  const open = (options: RegistryOptions = {}) =>
    openRegistry(server.host, {
      retryDelayMs: 1,
      ...(server.ca === undefined ? {} : { ca: server.ca }),
      ...options,
    });

  beforeAll(async () => {
    server = await startDockerRegistry(serverOptions);
    registry = open("htpasswd" in serverOptions ? { credentials } : {});
  });
  afterAll(async () => {
    await registry?.close();
    await server?.close();
  });

  it("gives back what was pushed, by tag and by digest", async () => {
    for (const blob of blobs) await registry.repository("acme/hello").pushBlob(blob, blob.bytes);
    const descriptors = blobs.map(({ digest, size }, i) => ({
      mediaType: i === 0 ? OCI_CONFIG : OCI_LAYER,
      digest,
      size,
    }));
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: descriptors[0],
        layers: descriptors.slice(1),
      }),
    );
    const pushed = await registry.repository("acme/hello").pushManifest("v1", {
      mediaType: OCI_MANIFEST,
      bytes,
    });
    expect(await registry.repository("acme/hello").resolve("v1")).toEqual(pushed);
    for (const name of ["v1", pushed.digest]) {
      const fetched = await registry.repository("acme/hello").fetchManifest(name);
      expect(fetched.descriptor).toEqual(pushed);
      expect(parseManifest(fetched.bytes, fetched.descriptor.mediaType).kind).toBe("manifest");
    }
    for (const blob of blobs) {
      const { stream, size } = await registry.repository("acme/hello").fetchBlob(blob);
      expect(size).toBe(blob.size);
      expect(digestOf(await collect(stream))).toBe(blob.digest);
      const rest = await registry.repository("acme/hello").fetchBlob(blob, { offset: 50 });
      expect(blob.bytes.subarray(50).equals(await collect(rest.stream))).toBe(true);
    }
    expect(await registry.repository("acme/hello").listTags()).toEqual(["v1"]);
  });

  it("pushes a blob from a stream", async () => {
    const bytes = randomBytes(200_000);
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    await registry.repository("acme/streamed").pushBlob(blob, async function* () {
      yield bytes.subarray(0, 70_000);
      yield bytes.subarray(70_000);
    });
    expect(await registry.repository("acme/streamed").hasBlob(blob)).toBe(true);
    const { stream } = await registry.repository("acme/streamed").fetchBlob(blob);
    expect(bytes.equals(await collect(stream))).toBe(true);
  });

  it("has its own words for what does not exist", async () => {
    const error = await rejectionOf(registry.repository("acme/none").fetchManifest("v1"));
    expect(error).toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
      data: { registry: server.host, status: 404 },
    });
    expect(String(error)).toContain("MANIFEST_UNKNOWN");
    const digest: Digest = `sha256:${"0".repeat(64)}`;
    expect(
      await rejectionOf(registry.repository("acme/hello").fetchBlob({ digest, size: 1 })),
    ).toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
    });
    expect(await registry.repository("acme/hello").hasBlob({ digest })).toBe(false);
  });
});

describe("Debian's docker-registry", () => {
  it("takes the tokens of its token server", async () => {
    await using tokens = await startTokenServer(credentials);
    await using server = await startDockerRegistry({ token: tokens.token });
    await using registry = openRegistry(server.host, { credentials });
    for (const blob of blobs) await registry.repository("acme/hello").pushBlob(blob, blob.bytes);
    expect(tokens.scopes).toEqual(["repository:acme/hello:pull,push"]);
    await using reader = openRegistry(server.host);
    for (const blob of blobs) {
      const { stream } = await reader.repository("acme/hello").fetchBlob(blob);
      expect(digestOf(await collect(stream))).toBe(blob.digest);
    }
    expect(tokens.scopes.slice(1)).toEqual(["repository:acme/hello:pull"]);
    const other = { digest: digestOf(Buffer.from("x")), size: 1 };
    expect(
      await rejectionOf(reader.repository("acme/hello").pushBlob(other, Buffer.from("x"))),
    ).toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED" });
    const wrong = { ...credentials, password: "wrong-secret" };
    await using stranger = openRegistry(server.host, { credentials: wrong });
    const error = await rejectionOf(stranger.repository("acme/hello").resolve("v1"));
    expect(error).toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED" });
    expect(String(error)).toContain("incorrect username or password");
  });

  it("is closed to strangers and wrong passwords, and the password stays out of errors", async () => {
    await using server = await startDockerRegistry({ htpasswd: credentials });
    const wrong = { ...credentials, password: "wrong-secret" };
    for (const options of [{}, { credentials: wrong }]) {
      await using stranger = openRegistry(server.host, options);
      const error = await rejectionOf(stranger.repository("acme/hello").fetchManifest("v1"));
      expect(error).toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED", data: { status: 401 } });
      expect(JSON.stringify(error) + String(error)).not.toContain("wrong-secret");
    }
  });

  it("is not trusted over TLS without its authority", async () => {
    await using server = await startDockerRegistry({ tls: true });
    await using registry = openRegistry(server.host);
    expect(await rejectionOf(registry.repository("acme/hello").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("ca"),
    });
  });

  it("is found in plain HTTP also when an authority is named", async () => {
    await using server = await startDockerRegistry({ tls: true });
    await using plain = await startDockerRegistry();
    await using registry = openRegistry(plain.host, { ca: server.ca ?? "" });
    expect(await rejectionOf(registry.repository("acme/hello").fetchManifest("v1"))).toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
    });
  });
});

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

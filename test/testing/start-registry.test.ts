import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseImageConfig } from "../../src/oci/image-config.js";
import { parseManifest, type Manifest } from "../../src/oci/manifest.js";
import { selectPlatform } from "../../src/oci/platform.js";
import { digestOf } from "../../src/registry/fetch-manifest.js";
import { openRegistry, type Registry } from "../../src/registry/registry.js";
import {
  imageIndex,
  startRegistry,
  wasmImage,
  type TestRegistry,
} from "../../src/testing/index.js";
import { requirePackages } from "../support/debian-packages.js";
import { rejectionOf } from "../support/thrown-by.js";

const run = promisify(execFile);

describe("startRegistry", () => {
  let server: TestRegistry;
  let registry: Registry;
  beforeEach(async () => {
    server = await startRegistry();
    registry = openRegistry(server.host);
  });
  afterEach(async () => {
    await registry.close();
    await server.close();
  });

  it("serves what was pushed into it", async () => {
    const image = await wasmImage({
      files: { "/bin/a.wasm": "module", "/etc/motd": "hi", "/a": { symlink: "bin/a.wasm" } },
      entrypoint: ["/bin/a.wasm"],
      cmd: ["x"],
      env: { A: "1" },
    });
    const pushed = await server.push("acme/hello", image);
    expect(await registry.repository("acme/hello").resolve("latest")).toEqual(pushed);
    const manifest = await manifestOf(registry, "acme/hello", "latest");
    const [layer] = manifest.layers;
    const config = parseImageConfig(await blobOf(registry, "acme/hello", manifest.config));
    expect(config).toMatchObject({
      os: "wasi",
      architecture: "wasm",
      config: { Entrypoint: ["/bin/a.wasm"], Cmd: ["x"], Env: ["A=1"] },
    });
    const tar = gunzipSync(await blobOf(registry, "acme/hello", layer));
    expect(config.rootfs.diff_ids).toEqual([digestOf(tar)]);
    expect(tar.toString("latin1")).toMatch(/^bin\/\0/);
    expect(server.requests.map(({ method }) => method)).toEqual([
      "GET",
      "HEAD",
      "GET",
      "GET",
      "GET",
    ]);
  });

  it("serves an index", async () => {
    const image = await wasmImage({ files: {}, dialect: "docker", compression: "none" });
    const other = await wasmImage({ files: {}, platform: "linux/amd64" });
    const index = imageIndex([
      { image: other, platform: "linux/amd64" },
      { image, platform: "wasi/wasm" },
    ]);
    await server.push("acme/multi:1", index);
    const { descriptor, bytes } = await registry.repository("acme/multi").fetchManifest("1");
    const parsed = parseManifest(bytes, descriptor.mediaType);
    expect(parsed.kind === "index" && selectPlatform(parsed)).toMatchObject(
      image.manifest.descriptor,
    );
    const fetched = await registry
      .repository("acme/multi")
      .fetchManifest(image.manifest.descriptor.digest);
    expect(fetched.bytes).toEqual(image.manifest.bytes);
  });

  it("takes pushes over HTTP, refusing what does not fit", async () => {
    const bytes = randomBytes(1000);
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    await registry.repository("acme/up").pushBlob(blob, bytes);
    expect(await registry.repository("acme/up").hasBlob(blob)).toBe(true);
    const other = digestOf(Buffer.from("x"));
    const refused = await fetch(`${server.url}/v2/acme/up/blobs/uploads/?digest=${other}`, {
      method: "POST",
      body: bytes,
    });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("DIGEST_INVALID"),
    ]);
    const image = await wasmImage({ files: { "/x": "y" } });
    const manifest = {
      mediaType: image.manifest.descriptor.mediaType,
      bytes: image.manifest.bytes,
    };
    expect(
      await rejectionOf(registry.repository("acme/up").pushManifest("v1", manifest)),
    ).toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
      message: expect.stringContaining("MANIFEST_BLOB_UNKNOWN"),
    });
    for (const [digest, content] of image.blobs) {
      await registry.repository("acme/up").pushBlob({ digest, size: content.byteLength }, content);
    }
    expect(await registry.repository("acme/up").pushManifest("v1", manifest)).toEqual(
      image.manifest.descriptor,
    );
    expect(await registry.repository("acme/up").listTags()).toEqual(["v1"]);
  });

  it("lists many tags page by page", async () => {
    const image = await wasmImage({ files: {} });
    const tags = Array.from({ length: 2345 }, (_, i) => `t${String(i).padStart(5, "0")}`);
    for (const tag of tags) await server.push(`acme/many:${tag}`, image);
    expect(await registry.repository("acme/many").listTags()).toEqual(tags);
    expect(server.requests.filter(({ path }) => path.includes("/tags/list"))).toHaveLength(3);
  });

  it("asks for the user it was given", async () => {
    const credentials = { username: "ada", password: "s3cret" };
    await using closed = await startRegistry({ credentials });
    await closed.push("acme/hello", await wasmImage({ files: {} }));
    await using stranger = openRegistry(closed.host);
    expect(await rejectionOf(stranger.repository("acme/hello").resolve("latest"))).toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    await using friend = openRegistry(closed.host, { credentials });
    expect((await friend.repository("acme/hello").resolve("latest")).size).toBeGreaterThan(0);
  });

  it("lets skopeo copy an image in and out", async () => {
    await requirePackages(["skopeo"]);
    const folder = await mkdtemp(join(tmpdir(), "safedock-skopeo-"));
    try {
      const image = await wasmImage({ files: { "/hello.wasm": randomBytes(50_000) } });
      await server.push("acme/hello:1", image);
      const from = `docker://${server.host}/acme/hello:1`;
      const to = `docker://${server.host}/acme/copy:2`;
      const platform = ["--override-os", "wasi", "--override-arch", "wasm"];
      await run("skopeo", [...platform, "copy", "--src-tls-verify=false", from, `oci:${folder}:x`]);
      await run("skopeo", [...platform, "copy", "--dest-tls-verify=false", `oci:${folder}:x`, to]);
      expect(await registry.repository("acme/copy").resolve("2")).toEqual(
        image.manifest.descriptor,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("keeps no process alive", async () => {
    const module = new URL("../../dist/testing/index.js", import.meta.url).href;
    const client = new URL("../../dist/registry/registry.js", import.meta.url).href;
    const script = `
      import { startRegistry, wasmImage } from ${JSON.stringify(module)};
      import { openRegistry } from ${JSON.stringify(client)};
      const server = await startRegistry();
      await server.push("a/b", await wasmImage({ files: {} }));
      console.log((await openRegistry(server.host).repository("a/b").resolve("latest")).size > 0);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
      timeout: 10_000,
    });
    expect(stdout).toBe("true\n");
  });
});

async function manifestOf(registry: Registry, name: string, tag: string): Promise<Manifest> {
  const { bytes, descriptor } = await registry.repository(name).fetchManifest(tag);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  if (manifest.kind !== "manifest") throw new Error("not a manifest");
  return manifest;
}

async function blobOf(
  registry: Registry,
  name: string,
  blob: Manifest["config"] | undefined,
): Promise<Buffer> {
  if (blob === undefined) throw new Error("no such blob");
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await registry.repository(name).fetchBlob(blob)).stream)
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

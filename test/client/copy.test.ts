/** Copies between real registries and folders, checked with the tools of others. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copy } from "../../src/client/copy.js";
import { openLayout } from "../../src/layout/layout-folder.js";
import type { Digest } from "../../src/oci/digest.js";
import { parseManifest } from "../../src/oci/manifest.js";
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "../../src/oci/media-types.js";
import type { ReadableRepository } from "../../src/oci/repository.js";
import { openRegistry, type Registry } from "../../src/registry/registry.js";
import { startRegistry, type TestRegistry } from "../../src/testing/start-registry.js";
import { imageIndex, wasmImage } from "../../src/testing/wasm-image.js";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.js";

const execute = promisify(execFile);

let folder: string;
let origin: TestRegistry;
let server: DockerRegistry;
let proxy: RecordingProxy;
let from: Registry;
let to: Registry;

beforeAll(async () => {
  await requirePackages(["skopeo", "umoci"]);
  folder = await mkdtemp(join(tmpdir(), "safedock-copy-"));
  origin = await startRegistry();
  server = await startDockerRegistry();
  proxy = await startRecordingProxy(server.host);
  from = openRegistry(origin.host);
  to = openRegistry(proxy.host);
  const wasm = await wasmImage({ files: { "/hello.wasm": "wasm", "/etc/motd": "Welcome!\n" } });
  const other = await wasmImage({ files: { "/bin/sh": "sh" }, platform: "linux/amd64" });
  await origin.push("acme/hello:1", wasm);
  await origin.push(
    "acme/multi:1",
    imageIndex([
      { image: wasm, platform: "wasi/wasm" },
      { image: other, platform: "linux/amd64" },
    ]),
  );
});
afterAll(async () => {
  await from?.close();
  await to?.close();
  await proxy?.[Symbol.asyncDispose]();
  await server?.close();
  await origin?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  proxy.exchanges.length = 0;
});

async function run(command: string, ...args: string[]): Promise<string> {
  return (await execute(command, args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;
}

const skopeo = (...args: string[]) => run("skopeo", ...args);

describe("copy between registries", () => {
  it("copies an index with all its images; skopeo finds the same bytes", async () => {
    const source = from.repository("acme/multi");
    const { descriptor, manifests } = await copy(source, "1", to.repository("copy/multi"));
    expect(manifests.pushed).toBe(3);
    const name = `docker://${server.host}/copy/multi:1`;
    const raw = await skopeo("inspect", "--tls-verify=false", "--raw", name);
    expect(`sha256:${createHash("sha256").update(raw).digest("hex")}`).toBe(descriptor.digest);
    await skopeo("copy", "--all", "--src-tls-verify=false", name, "oci:taken:1");
    expect(
      await openLayout(join(folder, "taken")).then((layout) => layout.resolve("1")),
    ).toMatchObject({
      digest: descriptor.digest,
    });
  });

  it("mounts within one registry, and sends no blob", async () => {
    await copy(from.repository("acme/hello"), "1", to.repository("within/from"));
    proxy.exchanges.length = 0;
    const source = to.repository("within/from");
    const { blobs, pushedBytes } = await copy(source, "1", to.repository("within/to"), "2");
    expect(blobs).toEqual({ existing: 0, mounted: 2, pushed: 0 });
    expect(pushedBytes).toBe(0);
    expect(proxy.steps("/blobs/uploads/")).toEqual(["POST 201", "POST 201"]);
    expect(proxy.steps("/blobs/").filter((step) => step.startsWith("GET"))).toEqual([]);
    const config = await skopeo(
      ...["inspect", "--tls-verify=false", "--config"],
      `docker://${server.host}/within/to:2`,
    );
    expect(JSON.parse(config)).toMatchObject({ architecture: "wasm" });
  });

  it("sends nothing twice", async () => {
    const target = to.repository("copy/twice");
    await copy(from.repository("acme/multi"), "1", target);
    proxy.exchanges.length = 0;
    const { blobs, manifests } = await copy(from.repository("acme/multi"), "1", target);
    expect([blobs.pushed, manifests.pushed]).toEqual([0, 0]);
    // The tag alone is written again.
    expect(proxy.steps().filter((step) => !step.startsWith("HEAD"))).toEqual(["PUT 201"]);
  });

  it("brings referrers along, also to a registry that knows of none", async () => {
    const source = from.repository("acme/hello");
    const layout = await openLayout(join(folder, "signed"), { create: true });
    const { descriptor: subject } = await copy(source, "1", layout);
    const content = Buffer.from("a bill of materials");
    const [config, layer] = [Buffer.from("{}"), content].map((bytes) => ({
      mediaType: "application/vnd.example+json",
      digest: digestOf(bytes),
      size: bytes.byteLength,
    }));
    if (config === undefined || layer === undefined) throw new Error("two blobs");
    await layout.pushBlob(config, Buffer.from("{}"));
    await layout.pushBlob(layer, content);
    const artifactType = "application/vnd.example.sbom";
    const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType };
    const bytes = Buffer.from(JSON.stringify({ ...document, config, layers: [layer], subject }));
    const sbom = await layout.pushManifest(digestOf(bytes), { mediaType: OCI_MANIFEST, bytes });

    const target = to.repository("copy/signed");
    await copy(layout, "1", target, "1", { referrers: true });
    expect(await target.listReferrers(subject.digest)).toEqual([{ ...sbom, artifactType }]);
    expect(await target.listReferrers(subject.digest, { artifactType: "x/y" })).toEqual([]);
    // docker-registry has no referrers API: the tag schema stands in for it.
    expect(await target.listTags()).toContain(subject.digest.replace(":", "-"));
    const back = await openLayout(join(folder, "signed-back"), { create: true });
    await copy(target, "1", back, "1", { referrers: true });
    expect(await back.listReferrers(subject.digest)).toEqual([{ ...sbom, artifactType }]);
  });
});

describe("copy with layout folders", () => {
  it("writes what skopeo and umoci read", async () => {
    const layout = await openLayout(join(folder, "written"), { create: true });
    const { descriptor } = await copy(from.repository("acme/hello"), "1", layout, "hello");
    const inspected: unknown = JSON.parse(await skopeo("inspect", "oci:written:hello"));
    expect(inspected).toMatchObject({ Digest: descriptor.digest, Architecture: "wasm" });
    // umoci unpacks no images of an OS that it does not know.
    const platform = "linux/amd64";
    await copy(from.repository("acme/multi"), "1", layout, "linux", { platform });
    await run("umoci", "unpack", "--rootless", "--image", "written:linux", "bundle");
    expect(await readFile(join(folder, "bundle/rootfs/bin/sh"), "utf8")).toBe("sh");
    await skopeo(
      ...["copy", "--dest-tls-verify=false"],
      ...["oci:written:hello", `docker://${server.host}/skopeo/hello:1`],
    );
    expect((await to.repository("skopeo/hello").resolve("1")).digest).toBe(descriptor.digest);
  });

  it("reads what skopeo and umoci wrote", async () => {
    const name = `docker://${origin.host}/acme/multi:1`;
    await skopeo("copy", "--all", "--src-tls-verify=false", name, "oci:theirs:v1");
    await run("umoci", "init", "--layout", "umoci");
    await run("umoci", "new", "--image", "umoci:new");
    for (const [path, tag] of [
      ["theirs", "v1"],
      ["umoci", "new"],
    ] as const) {
      const layout = await openLayout(join(folder, path));
      expect(await layout.listTags()).toEqual([tag]);
      const { descriptor } = await copy(layout, tag, to.repository(`from/${path}`));
      expect((await to.repository(`from/${path}`).resolve(tag)).digest).toBe(descriptor.digest);
      await skopeo(
        "inspect",
        "--tls-verify=false",
        "--raw",
        `docker://${server.host}/from/${path}:${tag}`,
      );
    }
  });

  it("adds to a layout that skopeo uses, which goes on using it", async () => {
    const first = `docker://${origin.host}/acme/hello:1`;
    const platform = ["--override-os", "wasi", "--override-arch", "wasm"];
    await skopeo(...platform, "copy", "--src-tls-verify=false", first, "oci:shared:a");
    const layout = await openLayout(join(folder, "shared"));
    await copy(from.repository("acme/multi"), "1", layout, "b");
    await skopeo(...platform, "copy", "--src-tls-verify=false", first, "oci:shared:c");
    expect(await layout.listTags()).toEqual(["a", "b", "c"]);
    for (const tag of ["a", "b", "c"]) {
      await skopeo(...platform, "copy", `oci:shared:${tag}`, `oci:again-${tag}:x`);
    }
  });

  it("holds no blob in memory", async () => {
    const size = 256 * 2 ** 20;
    const source = await bigSource(size);
    const layout = await openLayout(join(folder, "big"), { create: true });
    const before = process.memoryUsage().rss;
    let most = 0;
    await copy(source, "big", layout, "big", {
      onProgress: () => {
        most = Math.max(most, process.memoryUsage().rss);
      },
    });
    expect(most - before).toBeLessThan(120 * 2 ** 20);
    const { bytes } = await layout.fetchManifest("big");
    const manifest = parseManifest(bytes);
    const layer = manifest.kind === "manifest" ? manifest.layers[0]?.digest : undefined;
    const path = join(folder, "big/blobs/sha256", layer?.slice(7) ?? "none");
    expect((await stat(path)).size).toBe(size);
  });
});

/** An image of one large layer, whose bytes are made as they are read. */
async function bigSource(size: number): Promise<ReadableRepository> {
  const piece = randomBytes(2 ** 18);
  const layerChunks = async function* () {
    for (let at = 0; at < size; at += piece.byteLength) {
      // A new copy each time, as a network gives them.
      yield await Promise.resolve(Buffer.from(piece));
    }
  };
  const hash = createHash("sha256");
  for await (const chunk of layerChunks()) hash.update(chunk);
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  const configBytes = Buffer.from("{}");
  const config = { mediaType: OCI_CONFIG, digest: digestOf(configBytes), size: 2 };
  const layers = [{ mediaType: OCI_LAYER, digest, size }];
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers };
  const bytes = Buffer.from(JSON.stringify(document));
  const descriptor = {
    mediaType: OCI_MANIFEST,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  };
  return {
    resolve: async () => Promise.resolve(descriptor),
    fetchManifest: async () => Promise.resolve({ descriptor, bytes }),
    fetchBlob: async (blob) =>
      Promise.resolve({
        size: blob.size,
        stream: blob.digest === digest ? layerChunks() : once(configBytes),
      }),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

import { execFile } from "node:child_process";
import {
  cp,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import type { ImageRecord } from "../../src/image/image-record.js";
import { resolveEntry } from "../../src/image/resolve-entry.js";
import { TREE_DIRECTORY, TREE_FILE } from "../../src/tree/tree.js";
import { temporaryRoot, type TemporaryRoot } from "../content/store-fixture.js";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { addImage, Blobs, CORE, HELLO, writeLayout } from "./image-fixture.js";

const execute = promisify(execFile);
const GUEST = new URL("../guests/c/fd-close.wasm", import.meta.url);

let root: TemporaryRoot;
let registry: DockerRegistry;
let locked: DockerRegistry;
const login = { username: "ada", password: "engine number 1" };

beforeAll(async () => {
  await requirePackages(["buildah", "umoci", "skopeo", "docker-registry"]);
  root = await temporaryRoot();
  registry = await startDockerRegistry();
  locked = await startDockerRegistry({ htpasswd: login });
});

afterAll(async () => {
  await registry?.close();
  await locked?.close();
  await root?.[Symbol.asyncDispose]();
});

async function run(command: string, ...args: string[]): Promise<string> {
  return (await execute(command, args, { cwd: root.path, maxBuffer: 2 ** 26 })).stdout;
}

/** Copies into the open registry. */
async function push(source: string, name: string, ...options: string[]): Promise<string> {
  const target = `${registry.host}/${name}`;
  await run("skopeo", "copy", "--dest-tls-verify=false", ...options, source, `docker://${target}`);
  return target;
}

async function openStore(name: string): Promise<ImageStore> {
  return ImageStore.open(join(root.path, "stores", name));
}

describe("a scratch image that buildah made from a Containerfile", () => {
  beforeAll(async () => {
    const context = join(root.path, "context");
    await mkdir(context);
    await cp(GUEST, join(context, "hello.wasm"));
    const lines = [
      "FROM scratch",
      "COPY hello.wasm /hello.wasm",
      'ENTRYPOINT ["/hello.wasm"]',
      'CMD ["-v"]',
    ];
    await writeFile(join(context, "Containerfile"), lines.join("\n"));
    const storage = ["--root", join(root.path, "b"), "--runroot", join(root.path, "r")];
    const buildah = (...args: string[]) =>
      run("buildah", ...storage, "--storage-driver", "vfs", ...args);
    const platform = ["--os", "wasi", "--arch", "wasm"];
    await buildah("build", "--isolation", "chroot", ...platform, "-t", "hello", context);
    await buildah("push", "hello", `oci:${join(root.path, "built")}:1`);
    // skopeo compresses anew only what comes uncompressed.
    await run("skopeo", "copy", "--dest-decompress", "oci:built:1", "dir:plain");
  });

  async function checkHello(store: ImageStore, record: ImageRecord): Promise<void> {
    const guest = await readFile(GUEST);
    expect(record).toMatchObject({
      format: "image",
      config: { Entrypoint: ["/hello.wasm"], Cmd: ["-v"] },
      modules: [{ path: "/hello.wasm", kind: "core", size: guest.byteLength }],
    });
    const { module, args } = await resolveEntry(await store.openImage(record));
    expect(args).toEqual(["/hello.wasm", "-v"]);
    const tar = await readFile(module.file);
    expect(guest.equals(tar.subarray(module.offset, module.offset + module.length))).toBe(true);
  }

  test.each([
    ["gzip", "oci", /tar\+gzip$/],
    ["docker", "v2s2", /tar\.gzip$/],
  ])("with layers in %s", async (name, format, mediaType) => {
    const reference = await push("oci:built:1", `${name}:1`, "--format", format);
    const store = await openStore(name);
    const record = await store.pull(reference);
    expect(record.layers[0]?.mediaType).toMatch(mediaType);
    await checkHello(store, record);
  });

  test("with layers in zstd", async () => {
    // A registry of its own: skopeo takes a layer that it knows there, however it is compressed.
    await using other = await startDockerRegistry();
    const compressed = ["--dest-compress", "--dest-compress-format", "zstd"];
    const options = ["--dest-tls-verify=false", ...compressed];
    await run("skopeo", "copy", ...options, "dir:plain", `docker://${other.host}/hello:1`);
    const store = await openStore("zstd");
    const record = await store.pull(`${other.host}/hello:1`);
    expect(record.layers[0]?.mediaType).toMatch(/tar\+zstd$/);
    await checkHello(store, record);
  });

  test("from a registry that asks for a password", async () => {
    const target = `${locked.host}/hello:1`;
    const credentials = `${login.username}:${login.password}`;
    const options = ["--dest-tls-verify=false", "--dest-creds", credentials];
    await run("skopeo", "copy", ...options, "oci:built:1", `docker://${target}`);
    const store = await openStore("locked");
    const record = await store.pull(target, { registry: { credentials: login } });
    expect(record.modules).toHaveLength(1);
    const refused = openStore("refused").then((other) => other.pull(target));
    await expect(refused).rejects.toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED" });
  });
});

test("an index that also lists linux/amd64 and an attestation", async () => {
  const blobs = new Blobs();
  const wasm = addImage(blobs, HELLO);
  const other = [[{ name: "sh", data: "\x7fELF and more" }]];
  const linux = addImage(blobs, { layers: other, os: "linux", architecture: "amd64" });
  const note = addImage(blobs, { layers: [[{ name: "note", data: "{}" }]], os: "unknown" });
  const index = blobs.index([
    { ...linux, platform: { os: "linux", architecture: "amd64" } },
    {
      ...note,
      platform: { os: "unknown", architecture: "unknown" },
      annotations: { "vnd.docker.reference.type": "attestation-manifest" },
    },
    { ...wasm, platform: { os: "wasi", architecture: "wasm" } },
  ]);
  await writeLayout(join(root.path, "several"), blobs, [
    { ...index, annotations: { "org.opencontainers.image.ref.name": "1" } },
  ]);
  const reference = await push("oci:several:1", "several:1", "--all", "--preserve-digests");
  const store = await openStore("several");
  expect((await store.pull(reference)).digest).toBe(wasm.digest);
  await expect(store.pull(reference, { platform: "linux/arm64" })).rejects.toMatchObject({
    code: "ERR_PLATFORM_NOT_FOUND",
    data: { available: ["linux/amd64", "wasi/wasm"] },
  });
  await expect(store.pull(reference, { platform: "linux/amd64" })).rejects.toMatchObject({
    code: "ERR_IMAGE_NO_WASM",
  });
});

test("layers that umoci made are flattened as umoci unpacks them", async () => {
  const bundle = join(root.path, "bundle");
  const rootfs = join(bundle, "rootfs");
  await run("umoci", "init", "--layout", "layered");
  await run("umoci", "new", "--image", "layered:1");
  await run("umoci", "unpack", "--image", "layered:1", bundle);
  const repack = async (change: () => Promise<void>) => {
    await change();
    await run("umoci", "repack", "--refresh-bundle", "--image", "layered:1", bundle);
  };
  await repack(async () => {
    await mkdir(join(rootfs, "kept/deep"), { recursive: true });
    await mkdir(join(rootfs, "gone/deep"), { recursive: true });
    await mkdir(join(rootfs, "becomes-file"));
    await writeFile(join(rootfs, "app.wasm"), CORE);
    await writeFile(join(rootfs, "kept/deep/ü — long name ".padEnd(120, "x")), "first");
    await writeFile(join(rootfs, "gone/deep/file"), "x");
    await writeFile(join(rootfs, "becomes-file/inner"), "x");
    await writeFile(join(rootfs, "becomes-folder"), "x");
    await writeFile(join(rootfs, "linked"), "shared");
    await symlink("kept/deep", join(rootfs, "way"));
  });
  await repack(async () => {
    await rm(join(rootfs, "gone"), { recursive: true });
    await rm(join(rootfs, "becomes-file"), { recursive: true });
    await rm(join(rootfs, "becomes-folder"));
    await writeFile(join(rootfs, "becomes-file"), "now a file");
    await mkdir(join(rootfs, "becomes-folder"));
    await writeFile(join(rootfs, "becomes-folder/inner"), "x");
    await writeFile(join(rootfs, "app.wasm"), Buffer.concat([CORE, CORE]));
  });
  await repack(async () => {
    await link(join(rootfs, "linked"), join(rootfs, "again"));
    await mkdir(join(rootfs, "gone"));
    await writeFile(join(rootfs, "gone/new"), "x");
  });
  const reference = await push("oci:layered:1", "layered:1");
  const store = await openStore("layered");
  const record = await store.pull(reference);
  expect(record.layers).toHaveLength(3);

  await run("umoci", "unpack", "--image", "layered:1", "unpacked");
  const { tree, blobs } = await store.openImage(record);
  const found: Record<string, unknown> = {};
  for (let entry = 1; entry < tree.count; entry++) {
    const type = tree.type(entry);
    const tar =
      type === TREE_FILE ? await readFile(blobs[tree.blob(entry)] ?? "") : Buffer.alloc(0);
    const data = tar.subarray(tree.offset(entry), tree.offset(entry) + tree.size(entry));
    const content = type === TREE_FILE ? data.toString("latin1") : tree.link(entry);
    found[tree.path(entry)] = [tree.mode(entry), type === TREE_DIRECTORY ? "directory" : content];
  }
  expect(found).toEqual(await contentOf(join(root.path, "unpacked/rootfs")));
  expect(tree.inode(tree.resolve("/again"))).toBe(tree.inode(tree.resolve("/linked")));
});

/** What a folder of the host holds, by path: mode, and "directory", a file's content or a link's target. */
async function contentOf(folder: string, below = "/"): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {};
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const name = join(below, entry.name);
    const path = join(folder, name);
    const mode = (await lstat(path)).mode & 0o7777;
    if (entry.isDirectory()) {
      content[name] = [mode, "directory"];
      Object.assign(content, await contentOf(folder, name));
    } else {
      const isFile = entry.isFile();
      content[name] = [mode, isFile ? await readFile(path, "latin1") : await readlink(path)];
    }
  }
  return content;
}

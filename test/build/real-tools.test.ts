/** What we build and commit is accepted by skopeo, umoci and containerd, and holds the same files there. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { startContainerd, type Containerd } from "../support/containerd.js";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { chainIdOf } from "../../src/snapshot/chain-id.js";
import { parseDigest } from "../../src/oci/digest.js";
import { readConfig } from "./stored-image.js";

const execute = promisify(execFile);

let folder: string;
let registry: DockerRegistry;
let containerd: Containerd;
let fixture: TestEngine;
let engine: Engine;
/** By name. */
const images = new Map<string, Image>();

const run = async (command: string, ...args: string[]) =>
  (await execute(command, args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout;

beforeAll(async () => {
  await requirePackages(["skopeo", "umoci", "docker-registry", "containerd"]);
  folder = await mkdtemp(join(tmpdir(), "safedock-tools-"));
  registry = await startDockerRegistry();
  containerd = await startContainerd();
  fixture = await openTestEngine();
  engine = fixture.engine;

  const context = join(folder, "context");
  await mkdir(join(context, "deep/er", "x".repeat(200)), { recursive: true });
  await writeFile(join(context, "deep/er", "x".repeat(200), "file"), "long");
  await writeFile(join(context, "ünï cödé"), "utf-8");
  await symlink("../outside", join(context, "deep/link"));
  const built = await engine.buildImage({
    files: {
      "/bin/files.wasm": { content: await guestBytes("files"), mode: 0o755 },
      "/data": { source: context },
      "/etc/a": "a",
      "/etc/gone/x": "x",
      "/etc/replaced/by/file": "1",
      "/sticky": { content: "s", mode: 0o4711 },
    },
    entrypoint: ["/bin/files.wasm"],
    cmd: ["list", "/"],
    createdAt: "2026-01-02T03:04:05.678Z",
    labels: { built: "yes" },
  });
  images.set("built", built);
  images.set(
    "child",
    await engine.buildImage({
      from: built,
      files: { "/etc/b": "b", "/etc/a": "A" },
      compression: "gzip",
    }),
  );
  await using container = await engine.createContainer(built);
  await container.fs.writeFile("/etc/a", "changed");
  await container.fs.rm("/etc/gone", { recursive: true });
  await container.fs.rm("/etc/replaced", { recursive: true });
  await container.fs.writeFile("/etc/replaced", "a file now");
  await container.fs.rm("/data/deep", { recursive: true });
  await container.fs.mkdir("/data/deep/er", { recursive: true });
  await container.fs.writeFile("/data/deep/er/new", "new");
  await container.fs.rm("/sticky");
  await container.fs.mkdir("/sticky");
  const link = await container.exec(["/bin/files.wasm", "ln", "/etc/a", "/etc/hard"]);
  if ((await link.wait()).code !== 0) throw new Error(link.captured.stderr.toString());
  images.set("committed", await container.commit());
  images.set(
    "artifact",
    await engine.buildImage({
      format: "wasm-artifact",
      files: { "/hello.wasm": await guestBytes("hello") },
    }),
  );
  for (const [name, image] of images) {
    await engine.pushImage(image, `${registry.host}/acme/${name}:1`);
  }
}, 330_000);

afterAll(async () => {
  await fixture?.close();
  await containerd?.close();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

function imageOf(name: string): Image {
  const image = images.get(name);
  if (image === undefined) throw new Error(`no image ${name}`);
  return image;
}

/** Every entry below a folder: type, permission bits, seconds, and what it holds. */
async function listing(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of (await readdir(root, { recursive: true })).toSorted()) {
    const at = join(root, path);
    const stat = await lstat(at);
    const mode = (stat.mode & 0o7777).toString(8);
    const seconds = Math.floor(stat.mtimeMs / 1000);
    if (stat.isSymbolicLink()) found.set(path, `${await readlink(at)} ${seconds}`);
    else if (stat.isDirectory()) found.set(path, `directory ${mode} ${seconds}`);
    else {
      const hash = createHash("sha256").update(await readFile(at));
      found.set(path, `${mode} ${seconds} ${stat.nlink} ${hash.digest("hex")}`);
    }
  }
  return found;
}

/** Its native snapshotter copies a snapshot to begin the next one, and times of directories are lost. */
function withoutDirectoryTimes(files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    [...files].map(([path, what]) => [path, what.replace(/^(directory \d+) \d+$/, "$1")]),
  );
}

/** What `export` gives of a fresh container, unpacked by GNU tar. */
async function exported(image: Image): Promise<Map<string, string>> {
  const target = await mkdtemp(join(folder, "export-"));
  await using container = await engine.createContainer(image);
  await writeFile(`${target}.tar`, await buffer(container.export()));
  await run("tar", "--numeric-owner", "-xpf", `${target}.tar`, "-C", target);
  return await listing(target);
}

const IMAGES = ["built", "child", "committed"];
const insecure = "--tls-verify=false";

describe("what we build is accepted by real tools", () => {
  it.each([...IMAGES, "artifact"])("skopeo inspect: %s", async (name) => {
    const image = imageOf(name);
    const seen = JSON.parse(
      await run("skopeo", "inspect", insecure, "--raw", `docker://${registry.host}/acme/${name}:1`),
    ) as { layers: unknown[] };
    expect(seen.layers).toHaveLength(name === "built" || name === "artifact" ? 1 : 2);
    if (name === "artifact") return;
    const info = JSON.parse(
      await run("skopeo", "inspect", insecure, `docker://${registry.host}/acme/${name}:1`),
    ) as Record<string, unknown>;
    expect(info).toMatchObject({
      Digest: image.digest,
      Os: "wasi",
      Architecture: "wasm",
      Labels: { built: "yes" },
    });
  });

  it.each(IMAGES)("skopeo copy to oci: and docker-archive:, umoci unpack: %s", async (name) => {
    const source = `docker://${registry.host}/acme/${name}:1`;
    await run("skopeo", "copy", "--src-tls-verify=false", source, `oci:copied-${name}:1`);
    await run("skopeo", "copy", "--src-tls-verify=false", source, `docker-archive:${name}.tar:a:1`);
    // Its runtime bundles are for Linux alone; the files are unpacked in the same way.
    await run("umoci", "raw", "unpack", "--image", `copied-${name}:1`, `rootfs-${name}`);
    const unpacked = await listing(join(folder, `rootfs-${name}`));
    expect(unpacked).toEqual(await exported(imageOf(name)));
  });

  it.each(IMAGES)("ctr image import, and the files mounted there: %s", async (name) => {
    const archive = join(folder, `archive-${name}.tar`);
    const reference = `example.com/acme/${name}:1`;
    await engine.saveImage(imageOf(name), archive, { reference });
    const options = ["--snapshotter", "native", "--platform", "wasi/wasm"];
    await containerd.ctr("images", "import", ...options, archive);
    const lines = (await containerd.ctr("images", "ls")).split("\n");
    const line = lines.find((text) => text.startsWith(reference));
    expect(line).toContain("wasi/wasm");
    expect(line).toContain(imageOf(name).digest);
    const { rootfs } = await readConfig(engine, imageOf(name));
    const chainId = chainIdOf(rootfs.diff_ids.map(parseDigest));
    const files = await listing(await containerd.unpacked(chainId));
    expect(withoutDirectoryTimes(files)).toEqual(
      withoutDirectoryTimes(await exported(imageOf(name))),
    );
  });

  it("ctr image import: artifact", async () => {
    const archive = join(folder, "archive-artifact.tar");
    await engine.saveImage(imageOf("artifact"), archive, { reference: "example.com/artifact:1" });
    await containerd.ctr("images", "import", "--all-platforms", "--no-unpack", archive);
    expect(await containerd.ctr("images", "ls")).toContain(imageOf("artifact").digest);
  });

  it.each([...IMAGES, "artifact"])("is pulled back and runs: %s", async (name) => {
    const other = await openTestEngine();
    try {
      const image = await other.engine.pullImage(`${registry.host}/acme/${name}:1`);
      expect(image.digest).toBe(imageOf(name).digest);
      const { code, stdout } = await other.engine.run(image);
      expect([code, stdout.toString()]).toEqual([
        0,
        name === "artifact" ? "hello\n" : expect.stringContaining("d bin\n"),
      ]);
    } finally {
      await other.close();
    }
  });
});

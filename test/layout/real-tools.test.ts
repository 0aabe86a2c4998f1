/** What skopeo, buildah, umoci and containerd write is loaded and runs, and they take what is saved. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Engine, Image, SaveFormat } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { guestBytes } from "../engine/guests.js";
import { startContainerd, type Containerd } from "../support/containerd.js";
import { requirePackages } from "../support/debian-packages.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const execute = promisify(execFile);

let it: TestEngine;
let engine: Engine;
let image: Image;
let containerd: Containerd;

beforeAll(async () => {
  await requirePackages(["skopeo", "buildah", "umoci"]);
  it = await openTestEngine();
  containerd = await startContainerd();
  engine = it.engine;
  image = await engine.buildImage({
    files: { "/bin/hello.wasm": await guestBytes("hello"), "/etc/motd": "Welcome!\n" },
    entrypoint: ["/bin/hello.wasm"],
    reference: "acme/hello:1",
  });
}, 120_000);

afterAll(async () => {
  await containerd?.close();
  await it?.close();
});

async function run(command: string, ...args: string[]): Promise<string> {
  return (await execute(command, args, { cwd: it.folder, maxBuffer: 2 ** 26 })).stdout;
}

/** Saves `image`, gives the path. */
async function save(name: string, format: SaveFormat): Promise<string> {
  const path = join(it.folder, name);
  await engine.saveImage(image, path, { format });
  return path;
}

/** Loads into a store of its own and runs; gives the image. */
async function loadAndRun(path: string, tag?: string): Promise<Image> {
  const elsewhere = await openTestEngine();
  try {
    const loaded = await elsewhere.engine.loadImage(path, tag === undefined ? {} : { tag });
    const { code, stdout } = await elsewhere.engine.run(loaded);
    expect(code).toBe(0);
    expect(Buffer.from(stdout).toString()).toBe(await output());
    return loaded;
  } finally {
    await elsewhere.close();
  }
}

async function output(): Promise<string> {
  return Buffer.from((await engine.run(image)).stdout).toString();
}

interface Inspected {
  readonly Digest: string;
  readonly Os: string;
  readonly Architecture: string;
}

describe("skopeo", () => {
  test.each<[SaveFormat, string, string]>([
    ["oci-archive", "oci-archive:skopeo.tar", "skopeo.tar"],
    ["oci-layout", "oci:skopeo-layout:1", "skopeo-layout"],
  ])("takes what is saved as %s, with the same digest", async (format, source, name) => {
    await save(name, format);
    const inspected = JSON.parse(await run("skopeo", "inspect", source)) as Inspected;
    expect(inspected).toMatchObject({
      Digest: image.digest,
      Os: "wasi",
      Architecture: "wasm",
    });
  });

  test("takes what is saved as docker-archive, by its name", async () => {
    await save("skopeo-docker.tar", "docker-archive");
    const source = "docker-archive:skopeo-docker.tar:docker.io/acme/hello:1";
    await run("skopeo", "copy", "-q", source, "oci:from-docker:1");
    const loaded = await loadAndRun(join(it.folder, "from-docker"));
    expect(loaded.config).toEqual(image.config);
  });

  test.each([
    ["docker-archive:written.tar:acme/copied:2", "written.tar"],
    ["oci-archive:written-oci.tar:acme/copied:2", "written-oci.tar"],
    ["oci:written-layout:acme/copied:2", "written-layout"],
  ])("writes %s, which is loaded under its name and runs", async (target, name) => {
    const source = await save("source.tar", "oci-archive");
    await run("skopeo", "copy", "-q", `oci-archive:${source}`, target);
    const loaded = await loadAndRun(join(it.folder, name));
    expect(loaded.reference).toBe("docker.io/acme/copied:2");
    expect(loaded.config).toEqual(image.config);
  });

  test("writes a docker-archive with two names, which are both kept", async () => {
    const source = await save("two-source.tar", "oci-archive");
    const tags = ["--additional-tag", "acme/second:1"];
    await run(
      "skopeo",
      "copy",
      "-q",
      ...tags,
      `oci-archive:${source}`,
      "docker-archive:two.tar:a:1",
    );
    const loaded = await engine.loadImages(join(it.folder, "two.tar"));
    expect(loaded).toHaveLength(1);
    expect((await engine.images.get("acme/second:1")).digest).toBe(loaded[0]?.digest);
    expect((await engine.images.get("a:1")).digest).toBe(loaded[0]?.digest);
  });
});

describe("buildah", () => {
  beforeAll(async () => {
    const context = join(it.folder, "context");
    await mkdir(context);
    await writeFile(join(context, "hello.wasm"), await guestBytes("hello"));
    const lines = ["FROM scratch", "COPY hello.wasm /hello.wasm", 'ENTRYPOINT ["/hello.wasm"]'];
    await writeFile(join(context, "Containerfile"), lines.join("\n"));
    const platform = ["--os", "wasi", "--arch", "wasm"];
    await buildah("build", "--isolation", "chroot", ...platform, "-t", "built:1", context);
  }, 60_000);

  const buildah = (...args: string[]) => {
    const storage = ["--root", join(it.folder, "b"), "--runroot", join(it.folder, "r")];
    return run("buildah", ...storage, "--storage-driver", "vfs", ...args);
  };

  test.each([
    ["docker-archive", "docker-archive:built-docker.tar:built:1", "built-docker.tar"],
    ["oci-archive", "oci-archive:built-oci.tar:built:1", "built-oci.tar"],
  ])("writes a %s, which is loaded under its name and runs", async (_format, target, name) => {
    await buildah("push", "-q", "built:1", target);
    const loaded = await loadAndRun(join(it.folder, name));
    expect(loaded.reference).toBe("docker.io/library/built:1");
    expect(loaded.platform).toBe("wasi/wasm");
  });

  test("pulls what is saved", async () => {
    for (const format of ["oci-archive", "docker-archive"] as const) {
      const path = await save(`pulled-${format}.tar`, format);
      const id = (await buildah("pull", "-q", `${format}:${path}`)).trim();
      const inspected = JSON.parse(await buildah("inspect", "--type", "image", id)) as {
        OCIv1: { config: { Entrypoint: string[] } };
      };
      expect(inspected.OCIv1.config.Entrypoint).toEqual(["/bin/hello.wasm"]);
    }
  }, 60_000);
});

describe("umoci", () => {
  test("unpacks a saved layout, to the same files", async () => {
    const layout = await save("umoci-layout", "oci-layout");
    expect((await run("umoci", "ls", "--layout", layout)).trim()).toBe("1");
    // Without a config for a runtime: umoci can make none for wasi.
    await run("umoci", "raw", "unpack", "--image", `${layout}:1`, "umoci-rootfs");
    const rootfs = join(it.folder, "umoci-rootfs");
    expect(await readFile(join(rootfs, "etc/motd"), "utf8")).toBe("Welcome!\n");
    expect((await readFile(join(rootfs, "bin/hello.wasm"))).equals(await guestBytes("hello"))).toBe(
      true,
    );
  });

  test("adds to a saved layout, which is loaded by tag; what was there stays", async () => {
    const layout = await save("shared-layout", "oci-layout");
    await run("umoci", "tag", "--image", `${layout}:1`, "copy");
    await run("umoci", "config", "--image", `${layout}:copy`, "--config.label", "by=umoci");
    const loaded = await loadAndRun(layout, "copy");
    expect(loaded.config.Labels).toEqual({ by: "umoci" });
    await engine.saveImage(image, layout, { reference: "acme/third:3" });
    const tags = (await run("umoci", "ls", "--layout", layout)).trim().split("\n");
    expect(tags.toSorted()).toEqual(["1", "3", "copy"]);
  });
});

describe("containerd", () => {
  test.each<[SaveFormat]>([["oci-archive"], ["docker-archive"]])(
    "imports and unpacks what is saved as %s",
    async (format) => {
      const path = await save(`ctr-${format}.tar`, format);
      const platform = ["--platform", "wasi/wasm", "--snapshotter", "native"];
      await containerd.ctr("images", "import", ...platform, path);
      const listed = await containerd.ctr("images", "ls", "name==docker.io/acme/hello:1");
      expect(listed).toContain("wasi/wasm");
      if (format === "oci-archive") expect(listed).toContain(image.digest);
      const store = await ImageStore.open(engine.root);
      const { chainId } = await store.get(image.digest);
      const files = await containerd.unpacked(chainId);
      expect(await readFile(join(files, "etc/motd"), "utf8")).toBe("Welcome!\n");
      expect(await readdir(join(files, "bin"))).toEqual(["hello.wasm"]);
    },
  );

  test("writes an archive, which is loaded under its name, and runs", async () => {
    const path = await save("ctr-source.tar", "oci-archive");
    await containerd.ctr("images", "import", "--platform", "wasi/wasm", "--no-unpack", path);
    const exported = join(it.folder, "exported.tar");
    const platform = ["--platform", "wasi/wasm"];
    await containerd.ctr("images", "export", ...platform, exported, "docker.io/acme/hello:1");
    const loaded = await loadAndRun(exported);
    expect(loaded).toMatchObject({ digest: image.digest, reference: "docker.io/acme/hello:1" });
  });
});

test("gzip as tools outside expect it: gunzip and tar read a compressed archive", async () => {
  const path = join(it.folder, "whole.tar.gz");
  await engine.saveImage(image, path);
  const names = (await run("tar", "-tzf", path)).trim().split("\n");
  expect(names).toContain("index.json");
  expect(gunzipSync(await readFile(path)).byteLength).toBeGreaterThan(0);
});

/** engine.buildImage: images of files, reproducibly, on another image or on nothing. */
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import {
  isSafedockError,
  type BuildOptions,
  type Engine,
  type Image,
  type ImageFile,
} from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readManifest, readConfig } from "./stored-image.js";
import { guestBytes, guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { expectCleanStore } from "../support/verify-clean.js";

let fixture: TestEngine;
let engine: Engine;
let hello: Buffer;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  hello = await guestBytes("hello");
});

afterAll(async () => {
  await engine.close();
  await expectCleanStore(engine.root);
  await fixture.close();
});

const build = (options: Partial<BuildOptions> = {}): Promise<Image> =>
  engine.buildImage({
    files: { "/bin/hello.wasm": hello },
    entrypoint: ["/bin/hello.wasm"],
    ...options,
  });

async function namesOf(image: Image): Promise<string[]> {
  await using container = await engine.createContainer(image);
  const list = async (path: string): Promise<string[]> => {
    const found: string[] = [];
    for (const name of await container.fs.readdir(path)) {
      const at = `${path === "/" ? "" : path}/${name}`;
      const target = await container.fs.readlink(at).catch(() => undefined);
      found.push(target === undefined ? at : `${at} -> ${target}`);
      if (target === undefined && (await container.fs.stat(at)).type === "directory") {
        found.push(...(await list(at)));
      }
    }
    return found;
  };
  return (await list("/")).toSorted();
}

async function problemsOf(options: object): Promise<readonly string[]> {
  const error = await engine.buildImage(options as BuildOptions).catch((e: unknown) => e);
  if (!isSafedockError(error, "ERR_OPTIONS_INVALID")) throw error;
  return error.data.problems;
}

async function stored(): Promise<string[]> {
  return (await readdir(engine.root, { recursive: true })).toSorted();
}

describe("an image built of files", () => {
  it("runs, and says what it was told", async () => {
    const image = await build({
      files: { "/bin/env.wasm": await guestBytes("env"), "/etc/motd": "Welcome!" },
      entrypoint: ["/bin/env.wasm"],
      cmd: ["one", "two"],
      env: { B: "2", A: "1" },
      workingDir: "/etc/",
      labels: { z: "1", a: "2" },
      annotations: { "org.example.note": "x" },
      author: "Ada",
      reference: "acme/env:1",
    });
    expect(image).toMatchObject({
      reference: "docker.io/acme/env:1",
      format: "image",
      platform: "wasi/wasm",
    });
    const { stdout } = await engine.run("acme/env:1", { grants: { env: { C: "3" } } });
    expect(stdout.toString().split("\n").slice(0, 3)).toEqual([
      "arg 0 /bin/env.wasm",
      "arg 1 one",
      "arg 2 two",
    ]);
    expect(stdout.toString()).toContain("env A=1\nenv B=2\n");
    const manifest = await readManifest(engine, image);
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: expect.any(String),
        size: expect.any(Number),
      },
      layers: [
        {
          mediaType: "application/vnd.oci.image.layer.v1.tar",
          digest: expect.any(String),
          size: expect.any(Number),
        },
      ],
      annotations: { "org.example.note": "x" },
    });
    expect(await readConfig(engine, image)).toEqual({
      created: "1970-01-01T00:00:00Z",
      author: "Ada",
      architecture: "wasm",
      os: "wasi",
      config: {
        Env: ["A=1", "B=2"],
        Entrypoint: ["/bin/env.wasm"],
        Cmd: ["one", "two"],
        WorkingDir: "/etc/",
        Labels: { a: "2", z: "1" },
      },
      rootfs: { type: "layers", diff_ids: [manifest.layers[0]?.digest] },
      history: [
        { created: "1970-01-01T00:00:00Z", created_by: "safedock buildImage", author: "Ada" },
      ],
    });
  });

  it("has the same digest for the same input, whatever the order, the clock and the host's times", async () => {
    const make = async (when: Date, names: readonly string[]) => {
      const folder = await mkdtemp(join(fixture.folder, "context-"));
      for (const name of names) {
        await writeFile(join(folder, name), name);
        await utimes(join(folder, name), when, when);
      }
      const entries: [string, ImageFile][] = [
        ["/data", { source: folder }],
        ["/bin/hello.wasm", hello],
        ["/x", "1"],
      ];
      const files = new Map(names[0] === "b" ? entries : entries.toReversed());
      const labels = names[0] === "b" ? { p: "1", q: "2" } : { q: "2", p: "1" };
      return build({ files, labels });
    };
    const first = await make(new Date(1_000_000), ["b", "a", "c"]);
    const second = await make(new Date(), ["c", "a", "b"]);
    expect(second.digest).toBe(first.digest);
    // Another machine, another version of Node, next year: a digest is a promise.
    const pinned = await engine.buildImage({
      files: { "/app/main.wasm": Buffer.from("0061736d01000000", "hex"), "/app/é": "text" },
      entrypoint: ["/app/main.wasm"],
      env: { LANG: "C" },
    });
    expect(pinned.digest).toBe(
      "sha256:2d01870e31d7d1ae13049268af4641311f44e4d23d464529fb2b35c16d6f9069",
    );
  });

  it("has the time that it is given in its config and all its files", async () => {
    const image = await build({ createdAt: "2026-03-01T12:00:00.5Z" });
    expect(await readConfig(engine, image)).toMatchObject({ created: "2026-03-01T12:00:00.500Z" });
    await using container = await engine.createContainer(image);
    const { mtimeMs } = await container.fs.stat("/bin");
    expect(mtimeMs).toBe(Date.UTC(2026, 2, 1, 12, 0, 0, 500));
    expect(await build({ createdAt: new Date(0) })).toMatchObject({
      digest: (await build()).digest,
    });
  });

  it("holds folders of the host: links stay links, bits are made equal, and nothing is followed out", async () => {
    const folder = await mkdtemp(join(fixture.folder, "tree-"));
    await writeFile(join(fixture.folder, "secret"), "secret");
    await mkdir(join(folder, "sub/deep"), { recursive: true });
    await writeFile(join(folder, "sub/deep/file"), "deep");
    await writeFile(join(folder, "tool"), "#!");
    await chmod(join(folder, "tool"), 0o701);
    await chmod(join(folder, "sub/deep/file"), 0o600);
    await symlink("../../secret", join(folder, "out"));
    await symlink("/etc/passwd", join(folder, "sub/absolute"));
    await symlink("sub", join(folder, "inside"));
    const image = await build({
      files: {
        "/": { source: folder },
        "/bin/hello.wasm": hello,
        "/sub/deep/more": "more",
        "/tool": { content: "replaced", mode: 0o700 },
        "/link": { symlink: "bin/hello.wasm" },
      },
      entrypoint: ["/link"],
    });
    expect(await namesOf(image)).toEqual(
      [
        "/bin",
        "/bin/hello.wasm",
        "/inside -> sub",
        "/link -> bin/hello.wasm",
        "/out -> ../../secret",
        "/sub",
        "/sub/absolute -> /etc/passwd",
        "/sub/deep",
        "/sub/deep/file",
        "/sub/deep/more",
      ].concat("/tool"),
    );
    const modes = await modesOf(image);
    expect(modes).toMatchObject({
      "sub/deep/": 0o755,
      "sub/deep/file": 0o644,
      tool: 0o700,
      "bin/hello.wasm": 0o644,
    });
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
    const raw = await build({ files: { "/bin/hello.wasm": hello, "/t": { source: folder } } });
    expect((await modesOf(raw))["t/tool"]).toBe(0o755);
  });

  it("is compressed if that is asked for", async () => {
    const plain = await build();
    const gzip = await build({ compression: "gzip" });
    const [layer] = (await readManifest(engine, gzip)).layers;
    expect(layer?.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
    expect(gzip.size).toBeLessThan(plain.size);
    expect((await engine.run(gzip)).stdout.toString()).toBe("hello\n");
    expect((await readConfig(engine, gzip)).rootfs).toEqual(
      (await readConfig(engine, plain)).rootfs,
    );
  });

  it("of a large file is built without holding it", async () => {
    const folder = await mkdtemp(join(fixture.folder, "large-"));
    const file = await open(join(folder, "big"), "w");
    await file.truncate(200 * 2 ** 20);
    await file.close();
    const before = process.memoryUsage().rss;
    let peak = before;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const image = await build({
      files: { "/bin/hello.wasm": hello, "/big": { source: join(folder, "big") } },
    });
    clearInterval(timer);
    expect(image.size).toBeGreaterThan(200 * 2 ** 20);
    expect(peak - before).toBeLessThan(100 * 2 ** 20);
  });
});

async function modesOf(image: Image): Promise<Record<string, number>> {
  await using container = await engine.createContainer(image);
  const tar = await buffer(container.export());
  const modes: Record<string, number> = {};
  for (let at = 0; at < tar.length;) {
    const text = (from: number, length: number) =>
      tar.toString("latin1", at + from, at + from + length).replace(/\0.*$/s, "");
    if (text(0, 100) === "") break;
    modes[text(0, 100)] = Number.parseInt(text(100, 8), 8);
    at += 512 + Math.ceil(Number.parseInt(text(124, 12), 8) / 512) * 512;
  }
  return modes;
}

describe("an image built on another one", () => {
  it("keeps its layers and inherits its config as with FROM", async () => {
    const base = await build({
      files: { "/bin/env.wasm": await guestBytes("env"), "/etc/a": "1" },
      entrypoint: ["/bin/env.wasm"],
      cmd: ["inherited"],
      env: { KEPT: "1", CHANGED: "old" },
      labels: { base: "yes" },
      reference: "acme/base:1",
    });
    const child = await engine.buildImage({
      from: "acme/base:1",
      files: { "/etc/b": "2" },
      env: { ADDED: "3", CHANGED: "new" },
      labels: { child: "yes" },
    });
    const [below, above] = [await readManifest(engine, base), await readManifest(engine, child)];
    expect(above.layers).toHaveLength(2);
    expect(above.layers[0]).toEqual(below.layers[0]);
    const config = await readConfig(engine, child);
    expect(config.history).toHaveLength(2);
    expect(config.config).toEqual({
      Env: ["CHANGED=new", "KEPT=1", "ADDED=3"],
      Entrypoint: ["/bin/env.wasm"],
      Cmd: ["inherited"],
      Labels: { base: "yes", child: "yes" },
    });
    expect((await engine.run(child)).stdout.toString()).toContain("arg 1 inherited\n");
    expect(await namesOf(child)).toEqual(["/bin", "/bin/env.wasm", "/etc", "/etc/a", "/etc/b"]);
    const reset = await engine.buildImage({
      from: child,
      files: {},
      entrypoint: ["/bin/env.wasm", "-v"],
    });
    expect((await readConfig(engine, reset)).config).not.toHaveProperty("Cmd");
    expect((await readManifest(engine, reset)).layers).toEqual(above.layers);
    expect((await readConfig(engine, reset)).history.at(-1)).toMatchObject({ empty_layer: true });
  });

  it("that was pulled keeps what it does not know of its config", async () => {
    await using registry = await startRegistry();
    const base = await wasmImage({ files: { "/hello.wasm": hello }, entrypoint: ["/hello.wasm"] });
    await registry.push("acme/base:1", base);
    const pulled = await engine.pullImage(`${registry.host}/acme/base:1`);
    const child = await engine.buildImage({ from: pulled, files: { "/new": "1" } });
    expect((await readConfig(engine, child)).rootfs.diff_ids).toHaveLength(2);
    expect((await engine.run(child)).stdout.toString()).toBe("hello\n");
  });

  it.each(["wasm-file", "wasm-artifact"])(
    "that is a module alone (%s): its file is a layer",
    async (format) => {
      const base =
        format === "wasm-file"
          ? await engine.loadImage(guestPath("hello"))
          : await engine.buildImage({ format: "wasm-artifact", files: { "/hello.wasm": hello } });
      expect(base.format).toBe(format);
      const child = await engine.buildImage({ from: base, files: { "/etc/a": "1" } });
      expect(child).toMatchObject({ format: "image", platform: "wasi/wasm" });
      expect(await namesOf(child)).toEqual(["/etc", "/etc/a", "/hello.wasm"]);
      expect((await engine.run(child)).stdout.toString()).toBe("hello\n");
    },
  );

  it("puts files through a link to a folder of the base", async () => {
    const base = await build({
      files: { "/usr/bin/hello.wasm": hello, "/bin": { symlink: "usr/bin" } },
      entrypoint: ["/bin/hello.wasm"],
    });
    const child = await engine.buildImage({ from: base, files: { "/bin/note": "1" } });
    expect(await namesOf(child)).toEqual([
      "/bin -> usr/bin",
      "/usr",
      "/usr/bin",
      "/usr/bin/hello.wasm",
      "/usr/bin/note",
    ]);
  });
});

describe("a Wasm artifact", () => {
  it("of a core module has the CNCF's config and one layer", async () => {
    const image = await engine.buildImage({
      format: "wasm-artifact",
      files: { "/bin/hello.wasm": { source: guestPath("hello") } },
      author: "Ada",
      createdAt: "2026-01-02T03:04:05Z",
      annotations: { "org.opencontainers.image.version": "1.0" },
    });
    expect(image).toMatchObject({ format: "wasm-artifact", platform: "wasip1/wasm" });
    expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
    const manifest = await readManifest(engine, image);
    expect(manifest.config.mediaType).toBe("application/vnd.wasm.config.v0+json");
    expect(manifest.layers).toHaveLength(1);
    expect(manifest.layers[0]).toMatchObject({
      mediaType: "application/wasm",
      size: hello.length,
      annotations: { "org.opencontainers.image.title": "hello.wasm" },
    });
    expect(manifest.annotations).toEqual({ "org.opencontainers.image.version": "1.0" });
    expect(await readConfig(engine, image)).toEqual({
      created: "2026-01-02T03:04:05Z",
      author: "Ada",
      architecture: "wasm",
      os: "wasip1",
      layerDigests: [manifest.layers[0]?.digest],
    });
  });

  it("of a component says what that imports and exports", async () => {
    // (component (import "wasi:cli/environment@0.2.0" (instance)) (export "run" (instance 0)))
    const component = Buffer.from(
      `0061736d0d0001000703014200${COMPONENT_IMPORT}${COMPONENT_EXPORT}`,
      "hex",
    );
    const image = await engine.buildImage({
      format: "wasm-artifact",
      files: { "/c.wasm": component },
    });
    expect(image.platform).toBe("wasip2/wasm");
    expect(await readConfig(engine, image)).toMatchObject({
      os: "wasip2",
      component: { imports: ["wasi:cli/environment@0.2.0"], exports: ["run"] },
    });
  });

  it("is one WebAssembly file, and nothing else", async () => {
    const artifact = (options: object) =>
      problemsOf({ format: "wasm-artifact", files: { "/a.wasm": hello }, ...options });
    expect(await artifact({ files: { "/a.wasm": hello, "/b": "" } })).toHaveLength(1);
    expect(await artifact({ files: {} })).toHaveLength(1);
    expect(
      await artifact({ from: "x", entrypoint: ["/a.wasm"], env: {}, labels: {} }),
    ).toHaveLength(4);
    expect(await artifact({ platform: "linux/amd64" })).toHaveLength(1);
    await expect(
      engine.buildImage({ format: "wasm-artifact", files: { "/a.wasm": "no module" } }),
    ).rejects.toMatchObject({ code: "ERR_MODULE_INVALID" });
  });
});

/** Import of an instance of type 0, and its export. */
const COMPONENT_IMPORT = "0a1f01001a776173693a636c692f656e7669726f6e6d656e7440302e322e300500";
const COMPONENT_EXPORT = "0b09010003" + Buffer.from("run").toString("hex") + "050000";

describe("a build that cannot be", () => {
  it("lists all problems of its options in one error", async () => {
    const problems = await problemsOf({
      bogus: 1,
      files: {
        "/a/../b": "",
        "/.wh.x": "",
        "/f": "",
        "/f/g": "",
        "/s": { source: "/nonexistent" },
        "/n": 5,
        "/m": { content: "", mode: -1 },
      },
      entrypoint: [],
      env: { "A=B": "1" },
      workingDir: "relative",
      labels: { a: 1 },
      platform: "wasi",
      format: "tar",
      reference: "Upper",
      createdAt: "yesterday",
      author: 7,
      compression: "zip",
    });
    const text = problems.join("\n");
    for (const word of [
      "bogus",
      'files["/a/../b"]',
      'files["/.wh.x"]',
      'files["/f/g"]',
      'files["/s"].source',
      'files["/n"]',
      'files["/m"].mode',
      "entrypoint",
      "env",
      "workingDir",
      "labels",
      "platform",
      "format",
      "reference",
      "createdAt",
      "author",
      "compression",
    ]) {
      expect(text).toContain(word);
    }
    expect(await problemsOf({ files: {} })).toEqual([
      "files: must hold something, or from must name an image",
      "entrypoint: must be given, or from an image that has one",
    ]);
  });

  it("leaves the store as it was: no entry, no module, odd sources, an abort", async () => {
    const before = await stored();
    const code = async (options: Partial<BuildOptions>) => {
      const error: unknown = await build(options).catch((e: unknown) => e);
      return isSafedockError(error) ? error.code : error;
    };
    expect(await code({ entrypoint: ["/bin/none.wasm"] })).toBe("ERR_ENTRYPOINT_MISSING");
    const text = { "/bin/hello.wasm": hello, "/t": "text" };
    expect(await code({ files: text, entrypoint: ["/t"] })).toBe("ERR_ENTRYPOINT_MISSING");
    expect(await code({ files: { "/t": "text" }, entrypoint: ["/t"] })).toBe("ERR_IMAGE_NO_WASM");
    expect(await code({ from: "none/such:1" })).toBe("ERR_IMAGE_NOT_FOUND");
    const odd = await mkdtemp(join(fixture.folder, "odd-"));
    await writeFile(join(odd, ".wh.file"), "");
    expect(await code({ files: { "/bin/hello.wasm": hello, "/o": { source: odd } } })).toBe(
      "ERR_SOURCE_UNSUPPORTED",
    );
    const reason = new Error("enough");
    expect(await code({ signal: AbortSignal.abort(reason) })).toBe(reason);
    const late = new AbortController();
    const many = await mkdtemp(join(fixture.folder, "many-"));
    for (let i = 0; i < 200; i++) await writeFile(join(many, `${i}`), "x".repeat(100_000));
    setTimeout(() => late.abort(reason), 10);
    const files = { "/bin/hello.wasm": hello, "/many": { source: many } };
    expect(await code({ files, signal: late.signal })).toBe(reason);
    expect(await stored()).toEqual(before);
    await rm(many, { recursive: true });
  });
});

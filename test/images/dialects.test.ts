/** Every dialect of images, pulled from Debian's docker-registry: what is found, and that it runs. */
import { readFileSync } from "node:fs";
import type { Engine, Image } from "safedock";
import { imageIndex, type ImageFixture } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OCI_LAYER_GZIP } from "../../src/oci/media-types.js";
import { sha256 } from "../layer/tar-fixture.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { component, server } from "./component.js";
import { env, FixtureBlobs, hello, pushFixture } from "./fixture-blobs.js";
import { moduleLayers } from "./module-layers.js";
import { spinApp } from "./spin-app.js";
import { tarImage } from "./tar-image.js";
import {
  cncfArtifact,
  envoyPlugin,
  envoyPluginTar,
  orasArtifact,
  wasmcloudActor,
  wasmcloudProvider,
  wasmToOci,
} from "./wasm-artifact.js";

const helloComponent = readFileSync(new URL("../guests/components/hello.wasm", import.meta.url));

let registry: DockerRegistry;
let fixture: TestEngine;
let engine: Engine;
let count = 0;

beforeAll(async () => {
  registry = await startDockerRegistry();
  fixture = await openTestEngine({ workers: 1, registry: { retries: 0 } });
  engine = fixture.engine;
});

afterAll(async () => {
  await fixture?.close();
  await registry?.close();
});

async function pull(image: ImageFixture): Promise<Image> {
  return engine.pullImage(await pushFixture(registry.host, `dialects/image-${count++}`, image));
}

/** The lines that the image prints when it is run. */
async function run(image: Image, options: object = {}): Promise<string[]> {
  const { stdout, code } = await engine.run(image, options);
  expect(code).toBe(0);
  return Buffer.from(stdout).toString().trimEnd().split("\n");
}

const PREVIEW_1 = { kind: "command", wasi: "preview1" };

describe("A: tar layers of platform wasi/wasm", () => {
  const entries: readonly (readonly [string, object, string, string[], string[]])[] = [
    ["an absolute path", { Entrypoint: ["/env.wasm"] }, "/env.wasm", ["/env.wasm"], []],
    ["a name in the root", { Entrypoint: ["env.wasm", "x"] }, "/env.wasm", ["env.wasm", "x"], []],
    [
      "a path below the working directory",
      { Entrypoint: ["./run"], WorkingDir: "/srv/app" },
      "/srv/app/run",
      ["./run"],
      ["env PWD=/srv/app"],
    ],
    [
      "a module without a suffix",
      { Cmd: ["/srv/app/run", "a"] },
      "/srv/app/run",
      ["/srv/app/run", "a"],
      [],
    ],
    [
      "a command in shell form",
      { Entrypoint: ["/bin/sh", "-c", "exec /env.wasm --name 'Ada L.'"], Cmd: ["ignored"] },
      "/env.wasm",
      ["/env.wasm", "--name", "Ada L."],
      [],
    ],
  ];
  test.each(entries)("%s as the entry", async (_, config, path, args, more) => {
    const files = [
      { name: "env.wasm", data: env },
      { name: "srv/app/run", data: env },
    ];
    const image = await pull(tarImage({ files, config }));
    expect(image).toMatchObject({
      format: "image",
      platform: "wasi/wasm",
      entry: { path, kind: "core", args },
      world: PREVIEW_1,
    });
    expect(await run(image)).toEqual([...args.map((word, i) => `arg ${i} ${word}`), ...more]);
  });

  test("an exported function as the entry", async () => {
    const files = [{ name: "hello.wasm", data: hello }];
    const image = await pull(tarImage({ files, config: { Entrypoint: ["/hello.wasm#_start"] } }));
    expect(image.entry).toEqual({
      path: "/hello.wasm",
      function: "_start",
      kind: "core",
      args: ["/hello.wasm"],
    });
    expect(await run(image)).toEqual(["hello"]);
  });

  test("without a word about it, the only module is the entry", async () => {
    const files = [
      { name: "deep/in/it.wasm", data: hello },
      { name: "readme", data: "x" },
    ];
    const image = await pull(tarImage({ files }));
    expect(image.entry).toMatchObject({ path: "/deep/in/it.wasm" });
    expect(await run(image)).toEqual(["hello"]);
  });

  test("of several modules none is the entry: they are listed", async () => {
    const files = ["a.wasm", "b.wasm"].map((name) => ({ name, data: hello }));
    const image = await pull(tarImage({ files }));
    expect(image).toMatchObject({ entry: undefined, world: undefined });
    expect(image.modules.map(({ path }) => path)).toEqual(["/a.wasm", "/b.wasm"]);
    await expect(engine.run(image)).rejects.toMatchObject({ code: "ERR_ENTRYPOINT_MISSING" });
    await using container = await engine.createContainer(
      await pull(tarImage({ files, config: { Cmd: ["b.wasm"] } })),
    );
    expect(await (await container.start()).wait()).toMatchObject({ code: 0 });
  });

  test("a command that takes a shell is refused when it is run", async () => {
    const config = { Entrypoint: ["/bin/sh", "-c", "/hello.wasm > /out"] };
    const image = await pull(tarImage({ files: [{ name: "hello.wasm", data: hello }], config }));
    expect(image.entry).toBeUndefined();
    await expect(engine.run(image)).rejects.toThrow(/takes a shell/);
  });

  test.each(["docker", "mixed"] as const)("media types of dialect %s", async (dialect) => {
    const files = [{ name: "hello.wasm", data: hello }];
    const image = await pull(tarImage({ files, dialect }));
    expect(image).toMatchObject({ format: "image", entry: { path: "/hello.wasm" } });
    expect(image.inspect().layers[0]?.mediaType).toMatch(/docker.*tar\.gzip$/);
    expect(await run(image)).toEqual(["hello"]);
  });

  test("a component: found, named and run", async () => {
    const files = [{ name: "app.wasm", data: helloComponent }];
    const image = await pull(tarImage({ files, platform: ["wasip2", "wasm"] }));
    expect(image).toMatchObject({
      format: "image-compat",
      platform: "wasip2/wasm",
      entry: { path: "/app.wasm", kind: "component" },
      world: {
        kind: "command",
        wasi: "0.2",
        imports: expect.arrayContaining([expect.stringMatching(/^wasi:cli\/stdout@0\.2\./)]),
        exports: [expect.stringMatching(/^wasi:cli\/run@0\.2\./)],
      },
    });
    expect(await run(image)).toEqual([expect.stringMatching(/hello/i)]);
  });
});

describe("A': tar layers of other platforms, told by the file's first bytes", () => {
  const files = [{ name: "hello.wasm", data: hello }];
  const config = { Entrypoint: ["/hello.wasm"] };
  const alone = [
    ["wasip1", "wasm"],
    ["wasip2", "wasm"],
    ["linux", "wasm"],
    ["wasi", "wasm32"],
    ["wasm32", "wasi"],
  ] as const;
  test.each(alone)("%s/%s", async (os, architecture) => {
    const platform = [os, architecture] as const;
    const image = imageIndex([
      { image: tarImage({ files: [{ name: "sh", data: "\x7fELF" }] }), platform: "linux/amd64" },
      { image: tarImage({ files, config, platform }), platform: `${os}/${architecture}` },
    ]);
    const pulled = await pull(image);
    expect(pulled).toMatchObject({
      format: "image-compat",
      platform: `${os}/${architecture}`,
      entry: { path: "/hello.wasm", kind: "core" },
      world: PREVIEW_1,
    });
    expect(await run(pulled)).toEqual(["hello"]);
  });

  const annotations = [
    { "module.wasm.image/variant": "compat" },
    { "module.wasm.image/variant": "compat-smart" },
    { "run.oci.handler": "wasm" },
  ] as const;
  test.each(annotations)("linux/amd64 with %o", async (annotation) => {
    const platform = ["linux", "amd64"] as const;
    const other = tarImage({ files: [{ name: "sh", data: "\x7fELF" }], platform });
    const image = tarImage({ files, config, platform, annotations: annotation });
    expect(await pull(image)).toMatchObject({ format: "image-compat", platform: "linux/amd64" });
    const pulled = await pull(
      imageIndex([
        { image: other, platform: "linux/amd64" },
        { image, platform: "linux/amd64", annotations: annotation },
      ]),
    );
    expect(await run(pulled)).toEqual(["hello"]);
  });

  test("a plugin of Envoy: plugin.wasm and nothing said about it", async () => {
    const plugin = { files: [{ name: "plugin.wasm", data: hello }] };
    const image = await pull(tarImage({ ...plugin, platform: ["linux", "amd64"] }));
    expect(image).toMatchObject({ format: "image-compat", entry: { path: "/plugin.wasm" } });
  });

  test("linux/amd64 with a binary for Linux is refused", async () => {
    const image = tarImage({
      files: [{ name: "a", data: "\x7fELF" }],
      platform: ["linux", "amd64"],
    });
    await expect(pull(image)).rejects.toMatchObject({ code: "ERR_IMAGE_NO_WASM" });
  });
});

describe("B: an image config over layers that are modules", () => {
  test("one module, called as the entrypoint calls it", async () => {
    const image = await pull(
      moduleLayers({ modules: [{ bytes: env }], entrypoint: ["/env.wasm", "a"], cmd: ["b"] }),
    );
    expect(image).toMatchObject({
      format: "module-layers",
      platform: "wasip1/wasm",
      entry: { path: "/env.wasm", kind: "core", args: ["/env.wasm", "a", "b"] },
      world: PREVIEW_1,
    });
    expect(await run(image)).toEqual(["arg 0 /env.wasm", "arg 1 a", "arg 2 b"]);
  });

  test("a function behind the entrypoint's name", async () => {
    const image = await pull(
      moduleLayers({ modules: [{ bytes: hello }], entrypoint: ["h#_start"] }),
    );
    expect(image.entry).toMatchObject({ path: "/h", function: "_start" });
    expect(await run(image)).toEqual(["hello"]);
  });

  test("one module and an entrypoint without a word", async () => {
    const mediaType = "application/vnd.w3c.wasm.module.v1+wasm";
    const image = await pull(
      moduleLayers({ modules: [{ bytes: hello }], entrypoint: [""], mediaType }),
    );
    expect(image.entry).toMatchObject({ path: "/module.wasm" });
    expect(await run(image)).toEqual(["hello"]);
  });

  test("several modules, one of them named", async () => {
    const modules = [
      { bytes: hello },
      { bytes: env, title: "tools/env.wasm" },
      { bytes: Buffer.concat([hello, Buffer.from([0, 1, 0])]) },
    ];
    const image = await pull(moduleLayers({ modules, entrypoint: ["/env.wasm"] }));
    expect(image.modules.map(({ path }) => path)).toEqual([
      "/env.wasm",
      "/module-2.wasm",
      "/module.wasm",
    ]);
    expect(await run(image)).toEqual(["arg 0 /env.wasm"]);
    const unnamed = await pull(moduleLayers({ modules, entrypoint: [""] }));
    expect(unnamed.entry).toBeUndefined();
    await expect(engine.run(unnamed)).rejects.toThrow(/has several: \/env\.wasm, \/module-2/);
  });

  test("a tar below the module, a note behind it", async () => {
    const image = await pull(
      moduleLayers({
        files: [{ name: "etc/motd", data: "hi" }],
        modules: [{ bytes: hello, title: "app.wasm" }],
        note: "application/vnd.wasm.component.config.v1+json",
        entrypoint: ["app.wasm"],
      }),
    );
    expect(image).toMatchObject({ format: "module-layers", entry: { path: "/app.wasm" } });
    await using container = await engine.createContainer(image);
    expect(Buffer.from(await container.fs.readFile("/etc/motd")).toString()).toBe("hi");
    expect(await run(image)).toEqual(["hello"]);
  });
});

describe("C: the CNCF's artifact", () => {
  test("a component that is a command", async () => {
    const image = await pull(cncfArtifact({ module: helloComponent, title: "cli.wasm" }));
    expect(image).toMatchObject({
      format: "wasm-artifact",
      platform: "wasip2/wasm",
      entry: { path: "/cli.wasm", kind: "component" },
      world: { kind: "command", wasi: "0.2" },
    });
    expect(await run(image)).toEqual([expect.stringMatching(/hello/i)]);
  });

  test("a component that is a server", async () => {
    const image = await pull(cncfArtifact({ module: server }));
    expect(image).toMatchObject({ entry: { path: "/module.wasm" }, world: { kind: "http" } });
  });

  test("a library: named exports", async () => {
    const module = component({ imports: [], exports: ["acme:text/upper@1.0.0"] });
    const { world } = await pull(cncfArtifact({ module }));
    expect(world).toEqual({ kind: "exports", imports: [], exports: ["acme:text/upper@1.0.0"] });
  });

  test("a core module", async () => {
    const image = await pull(cncfArtifact({ module: hello }, { os: "wasip1" }));
    expect(image).toMatchObject({ platform: "wasip1/wasm", world: PREVIEW_1 });
    expect(await run(image)).toEqual(["hello"]);
  });

  const wrong = [
    [
      "layerDigests of another layer",
      { layerDigests: [`sha256:${"0".repeat(64)}`] },
      /layerDigests\[0\]/,
    ],
    ["too few layerDigests", { layerDigests: [] }, /layerDigests: has 0 items for 1/],
    ["another architecture", { architecture: "amd64" }, /architecture: must be "wasm"/],
  ] as const;
  test.each(wrong)("a config with %s is refused", async (_, config, message) => {
    const refused = pull(cncfArtifact({ module: hello }, config));
    await expect(refused).rejects.toMatchObject({ code: "ERR_CONFIG_INVALID" });
    await expect(refused).rejects.toThrow(message);
  });

  test("two modules in one artifact are refused", async () => {
    const blobs = new FixtureBlobs();
    const layers = [hello, env].map((bytes) => blobs.add("application/wasm", bytes));
    const config = blobs.add("application/vnd.wasm.config.v0+json", {});
    await expect(pull(blobs.image(config, layers))).rejects.toThrow(/one such layer, not 2/);
  });

  test("a file that oras pushed without a media type", async () => {
    const image = await pull(orasArtifact({ module: hello, title: "hello.wasm" }));
    expect(image).toMatchObject({ format: "wasm-artifact", entry: { path: "/hello.wasm" } });
    expect(await run(image)).toEqual(["hello"]);
  });
});

describe("E: wasmCloud before the CNCF's artifact", () => {
  test("an actor", async () => {
    const image = await pull(wasmcloudActor({ module: hello, title: "actor_s.wasm" }));
    expect(image).toMatchObject({ format: "wasmcloud", entry: { path: "/actor_s.wasm" } });
    expect(await run(image)).toEqual(["hello"]);
  });

  test("a capability provider is refused", async () => {
    const refused = pull(wasmcloudProvider());
    await expect(refused).rejects.toMatchObject({ code: "ERR_MANIFEST_UNSUPPORTED" });
    await expect(refused).rejects.toThrow(/capability provider of wasmCloud: native code/);
  });
});

describe("F: wasm-to-oci, and plugins of Envoy and Istio", () => {
  const made = [
    ["wasm-to-oci", wasmToOci({ module: hello }), "/module.wasm"],
    ["a plugin with its config", envoyPlugin({ module: hello, title: "p.wasm" }), "/p.wasm"],
    ["a plugin in a tar", envoyPluginTar({ module: hello }), "/plugin.wasm"],
  ] as const;
  test.each(made)("%s", async (_, image, path) => {
    const pulled = await pull(image);
    expect(pulled).toMatchObject({ format: "wasm-to-oci", entry: { path }, world: PREVIEW_1 });
    expect(await run(pulled)).toEqual(["hello"]);
  });
});

describe("indexes", () => {
  const linux = () =>
    tarImage({ files: [{ name: "sh", data: "\x7fELF" }], platform: ["linux", "amd64"] });
  const wasm = () => tarImage({ files: [{ name: "hello.wasm", data: hello }] });

  test.each(["oci", "docker"] as const)("an index in an index, of dialect %s", async (dialect) => {
    const inner = imageIndex([{ image: wasm(), platform: "wasi/wasm" }], { dialect });
    const outer = imageIndex([{ image: linux(), platform: "linux/amd64" }, { image: inner }], {
      dialect,
    });
    expect(await run(await pull(outer))).toEqual(["hello"]);
  });

  test("variants and attestations do not get in the way", async () => {
    const files = [{ name: "hello.wasm", data: hello }];
    const note = { "vnd.docker.reference.type": "attestation-manifest" };
    const index = imageIndex([
      { image: linux(), platform: "unknown/unknown", annotations: note },
      { image: linux(), platform: "linux/arm64/v8" },
      { image: tarImage({ files, annotations: { of: "a variant" } }), platform: "wasi/wasm/v1" },
    ]);
    const image = await pull(index);
    expect(image.platform).toBe("wasi/wasm/v1");
    expect(await run(image)).toEqual(["hello"]);
  });
});

describe("what is no WebAssembly image is refused by name", () => {
  const withLayer = (mediaType: string): ImageFixture => {
    const blobs = new FixtureBlobs();
    const config = blobs.add("application/vnd.oci.image.config.v1+json", {
      os: "wasi",
      architecture: "wasm",
      rootfs: { type: "layers", diff_ids: [] },
    });
    return blobs.image(config, [blobs.add(mediaType, hello)]);
  };
  const refused = [
    ["a foreign layer", withLayer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")],
    [
      "a non-distributable layer",
      withLayer("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
    ],
    ["an encrypted layer", withLayer(`${OCI_LAYER_GZIP}+encrypted`)],
    ["a signature", withLayer("application/vnd.dev.cosign.simplesigning.v1+json")],
  ] as const;
  test.each(refused)("%s", async (_, image) => {
    await expect(pullDirectly(image)).rejects.toMatchObject({ code: "ERR_MANIFEST_UNSUPPORTED" });
  });

  test("a manifest of schema 1", async () => {
    const mediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 1, fsLayers: [] }));
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
    const manifest = { descriptor, bytes };
    const image = { manifest, blobs: new Map(), images: [] };
    await expect(pullDirectly(image)).rejects.toMatchObject({ code: "ERR_MANIFEST_UNSUPPORTED" });
  });

  /** docker-registry refuses some of these itself. */
  async function pullDirectly(pushed: ImageFixture): Promise<Image> {
    const { startRegistry } = await import("safedock/testing");
    await using own = await startRegistry();
    await own.push("odd:1", pushed);
    return await engine.pullImage(`${own.host}/odd:1`);
  }
});

test("inspect gives plain JSON", async () => {
  const pulled = await pull(spinApp({ components: [{ id: "web", module: hello }] }));
  const info = pulled.inspect();
  expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  expect(info).toMatchObject({
    digest: pulled.digest,
    format: "spin",
    platform: "wasip1/wasm",
    entry: { path: "/web.wasm" },
    world: { kind: "http" },
    modules: [{ path: "/web.wasm", kind: "core" }],
    components: [{ id: "web" }],
    config: { Entrypoint: ["/web.wasm"] },
    size: pulled.size,
    createdAt: pulled.createdAt,
  });
  expect((await engine.images.get(pulled.digest)).inspect()).toMatchObject({ entry: info.entry });
});

test("a store with images of all dialects is found to be whole", async () => {
  await pull(orasArtifact({ module: hello, title: "hello.wasm" }));
  await pull(cncfArtifact({ module: hello }));
  const { damaged, ok } = await engine.verify();
  expect(damaged).toEqual([]);
  expect(ok).toBe(true);
});

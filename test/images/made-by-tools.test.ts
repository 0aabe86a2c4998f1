/** Dialects A and A' as buildah, umoci and skopeo make them, pulled from docker-registry, and run. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requirePackages } from "../support/debian-packages.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { env, writeFixture } from "./fixture-blobs.js";
import { moduleLayers } from "./module-layers.js";
import { spinApp } from "./spin-app.js";
import { cncfArtifact, wasmcloudActor, wasmToOci } from "./wasm-artifact.js";

const execute = promisify(execFile);

let registry: DockerRegistry;
let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  await requirePackages(["buildah", "umoci", "skopeo", "docker-registry"]);
  registry = await startDockerRegistry();
  fixture = await openTestEngine({ workers: 1, registry: { retries: 0 } });
  engine = fixture.engine;
}, 300_000);

afterAll(async () => {
  await fixture?.close();
  await registry?.close();
});

async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(command, args, { cwd: fixture.folder, maxBuffer: 2 ** 26 });
  return stdout;
}

function buildah(...args: string[]): Promise<string> {
  const storage = ["--root", join(fixture.folder, "b"), "--runroot", join(fixture.folder, "r")];
  return run("buildah", ...storage, "--storage-driver", "vfs", ...args);
}

/** Builds an image from a Containerfile's lines into a layout folder. */
async function build(name: string, lines: readonly string[], ...options: string[]): Promise<void> {
  const context = join(fixture.folder, `${name}.context`);
  await mkdir(context);
  await writeFile(join(context, "env.wasm"), env);
  await writeFile(join(context, "Containerfile"), ["FROM scratch", ...lines].join("\n"));
  await buildah("build", "--isolation", "chroot", ...options, "-t", name, context);
  await buildah("push", name, `oci:${join(fixture.folder, name)}:1`);
}

async function push(source: string, name: string, ...options: string[]): Promise<string> {
  const target = `${registry.host}/tools/${name}:1`;
  await run("skopeo", "copy", "--dest-tls-verify=false", ...options, source, `docker://${target}`);
  return target;
}

async function linesOf(image: Image): Promise<string[]> {
  const { stdout, code } = await engine.run(image);
  expect(code).toBe(0);
  return Buffer.from(stdout).toString().trimEnd().split("\n");
}

const WASI = ["--os", "wasi", "--arch", "wasm"];
const COPY = "COPY env.wasm /app/env.wasm";
const COMMAND = { kind: "command", wasi: "preview1" };

describe("buildah", () => {
  const entries = [
    ["exec-form", 'ENTRYPOINT ["/app/env.wasm", "-v"]', ["/app/env.wasm", "-v"]],
    [
      "shell-form",
      "ENTRYPOINT /app/env.wasm --name 'Ada L.'",
      ["/app/env.wasm", "--name", "Ada L."],
    ],
    ["working-directory", 'WORKDIR /app\nENTRYPOINT ["./env.wasm"]', ["./env.wasm"]],
    ["cmd", 'CMD ["/app/env.wasm", "x"]', ["/app/env.wasm", "x"]],
  ] as const;
  test.each(entries)("A, %s", async (name, line, args) => {
    await build(name, [COPY, line], ...WASI);
    const image = await engine.pullImage(await push(`oci:${name}:1`, name));
    expect(image).toMatchObject({
      format: "image",
      platform: "wasi/wasm",
      entry: { path: "/app/env.wasm", kind: "core", args },
      world: COMMAND,
    });
    const lines = await linesOf(image);
    expect(lines.filter((text) => text.startsWith("arg"))).toEqual(
      args.map((word, i) => `arg ${i} ${word}`),
    );
  });

  const annotations = [
    "module.wasm.image/variant=compat",
    "module.wasm.image/variant=compat-smart",
    "run.oci.handler=wasm",
  ];
  test.each(annotations)("A', linux/amd64 with the annotation %s", async (annotation) => {
    const name = `annotated-${annotations.indexOf(annotation)}`;
    const line = 'ENTRYPOINT ["/app/env.wasm"]';
    const platform = ["--os", "linux", "--arch", "amd64", "--annotation", annotation];
    await build(name, [COPY, line], ...platform);
    const image = await engine.pullImage(await push(`oci:${name}:1`, name));
    expect(image).toMatchObject({
      format: "image-compat",
      platform: "linux/amd64",
      entry: { path: "/app/env.wasm" },
      world: COMMAND,
    });
    expect(await linesOf(image)).toContain("arg 0 /app/env.wasm");
  });

  test("A', wasip1/wasm in an index beside linux/amd64", async () => {
    const line = 'ENTRYPOINT ["/app/env.wasm"]';
    await build("for-wasi", [COPY, line], "--os", "wasip1", "--arch", "wasm");
    await build("for-linux", ["COPY env.wasm /readme"], "--os", "linux", "--arch", "amd64");
    await buildah("manifest", "create", "both");
    for (const name of ["for-linux", "for-wasi"]) {
      await buildah("manifest", "add", "both", `oci:${join(fixture.folder, name)}:1`);
    }
    const layout = `oci:${join(fixture.folder, "both")}:1`;
    await buildah("manifest", "push", "--all", "both", layout);
    const image = await engine.pullImage(await push("oci:both:1", "both", "--all"));
    expect(image).toMatchObject({ format: "image-compat", platform: "wasip1/wasm" });
    expect(await linesOf(image)).toContain("arg 0 /app/env.wasm");
  });
});

describe("skopeo", () => {
  const forms = [
    ["docker", ["--format", "v2s2"], /docker.*tar\.gzip$/],
    ["zstd", ["--dest-compress-format", "zstd"], /tar\+zstd$/],
  ] as const;
  test.each(forms)("A converted to %s", async (name, options, mediaType) => {
    await build(
      `from-${name}`,
      [COPY, 'ENTRYPOINT ["/app/env.wasm"]', `LABEL of=${name}`],
      ...WASI,
    );
    // A registry of its own: skopeo takes a layer that it knows there, however it is compressed.
    await using other = await startDockerRegistry();
    await run("skopeo", "copy", "--dest-decompress", `oci:from-${name}:1`, `dir:plain-${name}`);
    const target = `${other.host}/tools/${name}:1`;
    await run(
      "skopeo",
      "copy",
      "--dest-tls-verify=false",
      "--dest-compress",
      ...options,
      `dir:plain-${name}`,
      `docker://${target}`,
    );
    const image = await engine.pullImage(target);
    expect(image).toMatchObject({ format: "image", entry: { path: "/app/env.wasm" } });
    expect(image.inspect().layers[0]?.mediaType).toMatch(mediaType);
    expect(await linesOf(image)).toContain("arg 0 /app/env.wasm");
  });
});

describe("skopeo carries, byte by byte,", () => {
  const made = [
    ["B", moduleLayers({ modules: [{ bytes: env }], entrypoint: ["/env.wasm"] }), "module-layers"],
    ["C", cncfArtifact({ module: env, title: "env.wasm" }), "wasm-artifact"],
    ["D", spinApp({ components: [{ id: "env", module: env }] }), "spin"],
    ["E", wasmcloudActor({ module: env, title: "env.wasm" }), "wasmcloud"],
    ["F", wasmToOci({ module: env, title: "env.wasm" }), "wasm-to-oci"],
  ] as const;
  test.each(made)("%s", async (name, made, format) => {
    const layout = `carried-${name.toLowerCase()}`;
    await writeFixture(join(fixture.folder, layout), made);
    const image = await engine.pullImage(await push(`oci:${layout}:1`, layout));
    expect(image).toMatchObject({
      digest: made.manifest.descriptor.digest,
      format,
      entry: { path: "/env.wasm" },
    });
    expect(await linesOf(image)).toEqual(["arg 0 /env.wasm"]);
  });
});

test("umoci: A, its layers and config made one by one", async () => {
  await run("umoci", "init", "--layout", "made");
  await run("umoci", "new", "--image", "made:1");
  await writeFile(join(fixture.folder, "env.wasm"), env);
  await run("umoci", "insert", "--image", "made:1", "env.wasm", "/srv/run");
  const words = [
    "--config.entrypoint",
    "/srv/run",
    "--config.entrypoint",
    "a",
    "--config.cmd",
    "b",
  ];
  const platform = ["--os", "wasi", "--architecture", "wasm"];
  await run("umoci", "config", "--image", "made:1", ...platform, ...words, "--config.env", "A=1");
  const image = await engine.pullImage(await push("oci:made:1", "made"));
  expect(image).toMatchObject({
    format: "image",
    platform: "wasi/wasm",
    entry: { path: "/srv/run", args: ["/srv/run", "a", "b"] },
    world: COMMAND,
  });
  expect(await linesOf(image)).toEqual(["arg 0 /srv/run", "arg 1 a", "arg 2 b", "env A=1"]);
});

/** Dialect D: Spin applications, pulled from Debian's docker-registry. */
import { join } from "node:path";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../layer/tar-fixture.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { command, component, server } from "./component.js";
import { env, hello, pushFixture, writeFixture } from "./fixture-blobs.js";
import { spinApp, type SpinApp } from "./spin-app.js";

let registry: DockerRegistry;
let fixture: TestEngine;
let engine: Engine;
let count = 0;

const LONG = "a page of more than 128 bytes\n".repeat(10);

beforeAll(async () => {
  registry = await startDockerRegistry();
  fixture = await openTestEngine({ workers: 1, registry: { retries: 0 } });
  engine = fixture.engine;
});

afterAll(async () => {
  await fixture?.close();
  await registry?.close();
});

async function pull(app: SpinApp): Promise<Image> {
  return engine.pullImage(await pushFixture(registry.host, `spin/app-${count++}`, spinApp(app)));
}

async function filesOf(image: Image, ...paths: readonly string[]): Promise<string[]> {
  await using container = await engine.createContainer(image, { args: [] });
  return await Promise.all(
    paths.map(async (path) => Buffer.from(await container.fs.readFile(path)).toString()),
  );
}

const files = { "static/index.html": LONG, "static/deep/tiny.txt": "tiny", empty: "" };

describe.each([
  ["the lock file as a layer", { lockFile: "layer" }],
  ["the lock file as the config, as before Spin 2", { lockFile: "config" }],
  ["the files in an archive", { archive: true }],
] as const)("one component, %s", (_, form) => {
  test("its files lie where Spin mounts them, and it runs", async () => {
    const image = await pull({
      components: [{ id: "hello-web", module: env, files, env: { GREETING: "hi" } }],
      ...form,
    });
    expect(image).toMatchObject({
      format: "spin",
      platform: "lockFile" in form && form.lockFile === "config" ? "wasi/wasm" : "wasip1/wasm",
      entry: { path: "/hello-web.wasm", kind: "core" },
      world: { kind: "http", wasi: "preview1" },
      modules: [{ path: "/hello-web.wasm" }],
      components: [
        {
          id: "hello-web",
          path: "/hello-web.wasm",
          files: "/",
          kind: "core",
          env: { GREETING: "hi" },
          triggers: [{ type: "http", route: "/..." }],
          world: { kind: "http" },
        },
      ],
    });
    const paths = ["/static/index.html", "/static/deep/tiny.txt", "/empty"];
    expect(await filesOf(image, ...paths)).toEqual([LONG, "tiny", ""]);
    const { stdout } = await engine.run(image);
    expect(Buffer.from(stdout).toString()).toBe("arg 0 /hello-web.wasm\nenv GREETING=hi\n");
  });
});

test("several components: each module by its id, each one's files in a folder of its own", async () => {
  const image = await pull({
    components: [
      { id: "front", module: hello, files: { "index.html": LONG } },
      { id: "back", module: env, files: { "index.html": "back" }, trigger: null },
      { id: "api", module: hello, trigger: { type: "http", config: { route: "/api" } } },
      { id: "cron", module: command, trigger: { type: "command", config: {} } },
    ],
  });
  expect(image.entry).toBeUndefined();
  expect(image.components).toMatchObject([
    { id: "front", path: "/front.wasm", files: "/components/front", world: { kind: "http" } },
    { id: "back", path: "/back.wasm", files: "/components/back", triggers: [] },
    { id: "api", path: "/api.wasm", triggers: [{ type: "http", route: "/api" }] },
    { id: "cron", path: "/cron.wasm", kind: "component", triggers: [{ type: "command" }] },
  ]);
  expect(image.components?.[1]?.world).toMatchObject({ kind: "command", wasi: "preview1" });
  const paths = ["front", "back"].map((id) => `/components/${id}/index.html`);
  await expect(engine.run(image)).rejects.toThrow(/names no program and has several/);
  await using container = await engine.createContainer(image, { entrypoint: ["/back.wasm", "a"] });
  const main = await container.start();
  expect(await main.wait()).toMatchObject({ code: 0 });
  expect(main.args).toEqual(["/back.wasm", "a"]);
  const texts = paths.map(async (path) =>
    Buffer.from(await container.fs.readFile(path)).toString(),
  );
  expect(await Promise.all(texts)).toEqual([LONG, "back"]);
  const process = await container.exec(["/back.wasm", "x"]);
  expect(await process.wait()).toMatchObject({ code: 0 });
});

test.each([
  ["wasi:http/incoming-handler@0.2.3", server],
  ["Spin's own interface", component({ exports: ["fermyon:spin/inbound-http"] })],
])("a component with %s is a server, and no program to run", async (_, module) => {
  const image = await pull({ components: [{ id: "web", module }] });
  expect(image).toMatchObject({ entry: { kind: "component" }, world: { kind: "http" } });
  await expect(engine.run(image)).rejects.toMatchObject({
    code: "ERR_MODULE_INVALID",
    message: expect.stringContaining("does not export wasi:cli/run"),
  });
});

test("an id that is no harmless name, and a mounted folder that has the module", async () => {
  const image = await pull({
    components: [{ id: "../a b", module: hello, files: { "component-1.wasm": "other" } }],
  });
  expect(image).toMatchObject({
    entry: { path: "/component-1.wasm" },
    components: [{ id: "../a b" }],
  });
});

describe("refused by name", () => {
  const web = { id: "web", module: hello };
  const unsupported: readonly (readonly [string, SpinApp, RegExp])[] = [
    ["a redis trigger", { components: [{ ...web, trigger: { type: "redis" } }] }, /"redis"/],
    ["a timer", { components: [web, { ...web, id: "t", trigger: { type: "cron" } }] }, /"cron"/],
    [
      "dependencies that are not composed",
      { components: [web], first: { dependencies: { "acme:text/upper": { source: {} } } } },
      /"web" has dependencies/,
    ],
    [
      "a host that must chain services",
      {
        components: [web],
        lock: {
          spin_lock_version: 1,
          must_understand: ["host_requirements"],
          host_requirements: { local_service_chaining: "required" },
        },
      },
      /"local_service_chaining"/,
    ],
    [
      "something else that must be understood",
      { components: [web], lock: { must_understand: ["colours"] } },
      /"colours"/,
    ],
  ];
  test.each(unsupported)("%s", async (_, app, message) => {
    const refused = pull(app);
    await expect(refused).rejects.toMatchObject({
      code: "ERR_MANIFEST_UNSUPPORTED",
      data: { mediaType: "application/vnd.fermyon.spin.application.v1+config" },
    });
    await expect(refused).rejects.toThrow(message);
  });

  const file = (path: string) => ({ files: [{ path, inline: "" }] });
  const missing = sha256("nowhere");
  const invalid: readonly (readonly [string, SpinApp, RegExp])[] = [
    ["a version to come", { components: [web], lock: { spin_lock_version: 2 } }, /must be 0 or 1/],
    [
      "a file above the root",
      { components: [web], first: file("../x") },
      /path: must be a path below/,
    ],
    [
      "a file with an absolute path",
      { components: [web], first: file("/x") },
      /must be a path below/,
    ],
    ["two components of one id", { components: [web, web] }, /the id of two components/],
    [
      "a trigger for nobody",
      { components: [{ ...web, trigger: { type: "http", config: { component: "x" } } }] },
      /names no component/,
    ],
    [
      "content that no layer has",
      { components: [web], first: { files: [{ path: "x", digest: missing }] } },
      /is in no layer/,
    ],
    [
      "content on the pusher's disk",
      { components: [web], first: { files: [{ path: "x", source: "file:///x" }] } },
      /must have a "digest"/,
    ],
    [
      "inline content that is no base64",
      { components: [web], first: { files: [{ path: "x", inline: "*" }] } },
      /base64/,
    ],
  ];
  test.each(invalid)("%s", async (_, app, message) => {
    const refused = pull(app);
    await expect(refused).rejects.toMatchObject({ code: "ERR_CONFIG_INVALID" });
    await expect(refused).rejects.toThrow(message);
  });

  test("inline content with another digest", async () => {
    const first = { files: [{ path: "x", inline: "QQ==", digest: missing }] };
    await expect(pull({ components: [web], first })).rejects.toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
    });
  });

  test("a component whose module is none", async () => {
    const module = Buffer.from("\x7fELF");
    await expect(
      pull({
        components: [
          { ...web, module },
          { id: "b", module: hello },
        ],
      }),
    ).rejects.toMatchObject({ code: "ERR_MODULE_INVALID" });
  });
});

test("from an OCI layout folder, without a registry", async () => {
  const components = [{ id: "web", module: hello, files }];
  const layout = join(fixture.folder, "layout");
  await writeFixture(layout, spinApp({ components }));
  const image = await engine.loadImage(layout);
  expect(image).toMatchObject({ format: "spin", entry: { path: "/web.wasm" } });
  expect(await filesOf(image, "/static/deep/tiny.txt")).toEqual(["tiny"]);
});

/** Runs every example of the doc comments, the README and the pages under docs/. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { createClient } from "redis";
import * as safedock from "safedock";
import * as oci from "safedock/oci";
import * as testing from "safedock/testing";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContentStore } from "../../src/content/content-store.js";
import { ImageStore } from "../../src/image/image-store.js";
import { resolveEntry } from "../../src/image/resolve-entry.js";
import { guestBytes } from "../engine/guests.js";
import { type RedisServer, startRedisServer } from "../support/redis-server.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { Sigstore } from "../trust/keyless-signer.js";
import { attachBundle, makeSigner, signInRegistry, statementOf } from "../trust/signer.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Components of the examples, by the names that they have there. */
const COMPONENTS = [
  ["hello-component.wasm", "hello"],
  ["kinds.wasm", "real/kinds"],
  ["hello-proxy.wasm", "real/hello-proxy"],
] as const;

interface Example {
  readonly name: string;
  readonly code: string;
}

async function examples(): Promise<Example[]> {
  const found: Example[] = [];
  for (const path of await readdir(join(root, "src"), { recursive: true })) {
    if (!path.endsWith(".ts") || path.endsWith(".d.ts")) continue;
    const text = await readFile(join(root, "src", path), "utf8");
    for (const { index, 0: comment } of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
      const line = text.slice(0, index).split("\n").length;
      const plain = comment.replaceAll(/^\s*\* ?/gm, "");
      found.push(...blocksOf(plain, `src/${path}:${line}`));
    }
  }
  for (const page of [
    "README.md",
    "docs/components.md",
    "docs/errors.md",
    "docs/images.md",
    "docs/grants.md",
    "docs/http.md",
    "docs/limits.md",
  ]) {
    found.push(...blocksOf(await readFile(join(root, page), "utf8"), page));
  }
  return found;
}

function blocksOf(text: string, name: string): Example[] {
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)];
  return blocks.map(([, code = ""], index) => ({ name: `${name} #${index + 1}`, code }));
}

const all = await examples();
let fixture: TestEngine;
let registry: testing.TestRegistry;
let redis: RedisServer;
let image: safedock.Image;
let digest: string;
let size: number;

beforeAll(async () => {
  fixture = await openTestEngine();
  process.env["SAFEDOCK_ROOT"] = join(fixture.folder, "default");
  registry = await testing.startRegistry();
  redis = await startRedisServer();
  const files = {
    "/bin/hello.wasm": await guestBytes("hello"),
    "/bin/check.wasm": await guestBytes("env"),
    "/out.txt": "",
  };
  const fixtureImage = await testing.wasmImage({ files, entrypoint: ["/bin/hello.wasm"] });
  await registry.push("acme/hello:1.2", fixtureImage);
  await signEverywhere(fixtureImage.manifest.descriptor.digest);
  image = await fixture.engine.pullImage(`${registry.host}/acme/hello:1.2`);
  await writeFile(join(fixture.folder, "hello.wasm"), await guestBytes("hello"));
  for (const [file, name] of COMPONENTS) {
    await copyFile(join(root, `test/guests/components/${name}.wasm`), join(fixture.folder, file));
  }
  const prices = await readFile(join(root, "test/guests/http/request.wasm"));
  await writeFile(join(fixture.folder, "prices.wasm"), prices);
  for (const [name, path] of [
    ["site", "components/http/answers"],
    ["upload", "components/http/bodies"],
    ["report", "c/tools/cgi"],
  ] as const) {
    const bytes = await readFile(join(root, `test/guests/${path}.wasm`));
    await writeFile(join(fixture.folder, `${name}.wasm`), bytes);
  }
  await mkdir(join(fixture.folder, "data", "tenants", "7"), { recursive: true });
  await mkdir(join(fixture.folder, "data", "inbox"));
  await writeFile(join(fixture.folder, "company-ca.pem"), rootCertificates[0] ?? "");
  const layer = join(fixture.folder, "layer.tar");
  await writeFile(layer, await testing.tarLayer(files));
  ({ size } = await stat(layer));
  digest = `sha256:${createHash("sha256")
    .update(await readFile(layer))
    .digest("hex")}`;
});

/** The image with the signatures that the examples want, and the files that say whose they are. */
async function signEverywhere(signed: string): Promise<void> {
  const signer = makeSigner();
  const sigstore = await Sigstore.start();
  await signInRegistry(registry, "acme/hello", signed, [signer]);
  const bundle = await sigstore.bundle(statementOf(signed), {
    issuer: "https://token.actions.githubusercontent.com",
    subject: "https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/v1.2",
  });
  await attachBundle(registry, "acme/hello", signed, bundle);
  await writeFile(join(fixture.folder, "cosign.pub"), signer.pem);
  const root = JSON.stringify(sigstore.trustedRoot);
  await writeFile(join(fixture.folder, "trusted_root.json"), root);
}

afterAll(async () => {
  await (await safedock.defaultEngine()).close();
  await fixture.close();
  await registry.close();
  await redis.close();
});

/** The example's names of registries and folders, as there are here. */
function localised(code: string): string {
  return code
    .replaceAll("ghcr.io/acme/hello:1.2", `${registry.host}/acme/hello:1.2`)
    .replaceAll("ghcr.io/acme/*", `${registry.host}/acme/*`)
    .replaceAll('openRegistry("ghcr.io"', `openRegistry("${registry.host}"`)
    .replaceAll("registry.example", registry.host)
    .replaceAll("redis://localhost:6379", `redis://127.0.0.1:${redis.port}`)
    .replaceAll('"./', `"${fixture.folder}/`)
    .replaceAll('"layer.tar"', `"${fixture.folder}/layer.tar"`)
    .replaceAll(/^import .*\n/gm, "")
    .replaceAll(/^export /gm, "");
}

async function execute(code: string): Promise<void> {
  const { engine } = fixture;
  await using container = await engine.createContainer(image);
  const started = container.exec(["/bin/check.wasm"]);
  await using opened = oci.openRegistry(registry.host);
  const repository = opened.repository("acme/hello");
  const manifest = oci.parseManifest((await repository.fetchManifest("1.2")).bytes);
  const scope: Record<string, unknown> = {
    ...safedock,
    ...testing,
    ...oci,
    ...{
      ContentStore,
      ImageStore,
      createClient,
      createHash,
      createReadStream,
      createServer,
      createWriteStream,
      express,
      fastify,
      Hono,
      pipeline,
      readFile,
      resolveEntry,
    },
    ...{ container, digest, engine, image, registry, repository, size },
    layer: manifest.kind === "manifest" ? manifest.layers[0] : undefined,
    file: { write: () => true },
    ...{ process: await started, username: "ada", password: "secret" },
    bytes: await guestBytes("hello"),
    console: { log: () => undefined, error: () => undefined },
    imports: {
      "acme:kinds/host": { log: () => undefined, lookup: () => "", addAll: () => 0n },
      notify: () => true,
    },
  };
  const declared = new Set(
    [...code.matchAll(/\b(?:const|using) (\w+) =/g)].map(([, name]) => name),
  );
  const names = Object.keys(scope).filter((name) => !declared.has(name));
  const destructured = [...code.matchAll(/\bconst \{([^}]*)\} =/g)].flatMap(([, list = ""]) =>
    list.split(",").map((part) => part.trim()),
  );
  const free = names.filter((name) => !destructured.includes(name));
  const { outputText } = ts.transpileModule(`(async () => {\n${code}\n})`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  // oxlint-disable-next-line typescript/no-implied-eval -- running the documentation's code is what this is for
  const make = new Function(...free, `return ${helpersFirst(outputText)}`) as (
    ...values: unknown[]
  ) => () => Promise<void>;
  await make(...free.map((name) => scope[name]))();
}

/** TypeScript puts its helpers for `await using` before the function: they go into it. */
function helpersFirst(output: string): string {
  const at = output.indexOf("(async () => {");
  const head = "(async () => {";
  return `${head}\n${output.slice(0, at)}\n${output.slice(at + head.length)}`;
}

describe("the example in", () => {
  it.each(all)("$name", async ({ code }) => {
    await expect(execute(localised(code))).resolves.toBeUndefined();
  });

  it("every page: there are some", () => {
    expect(all.length).toBeGreaterThan(20);
    expect(
      new Set(all.map(({ name }) => relative(".", name.split(/[ :]/)[0] ?? ""))).size,
    ).toBeGreaterThan(8);
  });
});

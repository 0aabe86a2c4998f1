/** Every error code, thrown through the public API, and the page that lists them. */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, symlink, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import {
  type ErrorCode,
  isSafedockError,
  openEngine,
  SafedockError,
  storedCredentials,
  type Engine,
  type Image,
} from "safedock";
import {
  imageIndex,
  startRegistry,
  tarLayer,
  wasmImage,
  type ImageFixture,
} from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asyncFunction } from "../component/odd-components.js";
import { assertSafeNames } from "../../dist/component/name-safety.js";
import { packError, unpackError } from "../../dist/base/packed-error.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestBytes, guestPath } from "../engine/guests.js";
import { coreModule, leb, name, section } from "../wasm/module-bytes.js";
import { makeSigner, signInRegistry, type Signer } from "../trust/signer.js";

let fixture: TestEngine;
let engine: Engine;
let hello: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ registry: { retries: 0 } });
  engine = fixture.engine;
  hello = await engine.loadImage(guestPath("hello"), { reference: "hello:1" });
});

afterAll(() => fixture.close());

interface Behaviour {
  /** Answers a request itself; by default the registry does. */
  readonly answer?: (path: string, response: ServerResponse) => boolean;
  readonly image?: ImageFixture;
}

/** Pulls from a registry that behaves so, and checks that the store is as it was before. */
async function pull({ answer, image }: Behaviour, platform?: string): Promise<unknown> {
  await using registry = await startRegistry({
    intercept: (request, response) => answer?.(request.url ?? "", response) ?? false,
  });
  await registry.push("test/bad:1", image ?? (await goodImage()));
  const before = await listing();
  const options = platform === undefined ? {} : { platform };
  const error = await engine
    .pullImage(`${registry.host}/test/bad:1`, options)
    .catch((e: unknown) => e);
  expect(await listing()).toEqual(before);
  return error;
}

async function listing(): Promise<string[]> {
  return (await readdir(engine.root, { recursive: true })).toSorted();
}

async function goodImage(): Promise<ImageFixture> {
  return wasmImage({
    files: { "/hello.wasm": await guestBytes("hello") },
    entrypoint: ["/hello.wasm"],
  });
}

const status = (code: number): Behaviour => ({
  answer: (path, response) => {
    if (!path.includes("/manifests/")) return false;
    response.writeHead(code).end();
    return true;
  },
});

/** Serves other bytes for the layer than the manifest promises. */
async function withLayer(change: (bytes: Uint8Array) => Uint8Array): Promise<Behaviour> {
  const image = await goodImage();
  const manifest = JSON.parse(Buffer.from(image.manifest.bytes).toString()) as {
    layers: { digest: string }[];
  };
  const digest = manifest.layers[0]?.digest ?? "";
  const bytes = change(image.blobs.get(digest as never) ?? new Uint8Array());
  return {
    image,
    answer: (path, response) => {
      if (!path.includes(digest)) return false;
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
      return true;
    },
  };
}

interface MutableManifest {
  config: { mediaType: string; digest: string; size: number };
  layers: { mediaType: string; digest: string; size: number }[];
}

/** An image whose manifest, config or layers are changed, with digests that fit. */
async function forged(
  change: (
    manifest: MutableManifest,
    put: (bytes: Uint8Array) => { digest: string; size: number },
  ) => void,
): Promise<ImageFixture> {
  const image = await goodImage();
  const blobs = new Map(image.blobs);
  const manifest = JSON.parse(Buffer.from(image.manifest.bytes).toString()) as MutableManifest;
  change(manifest, (bytes) => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    blobs.set(digest as never, bytes);
    return { digest, size: bytes.length };
  });
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as never;
  const descriptor = { ...image.manifest.descriptor, digest, size: bytes.length };
  return { manifest: { descriptor, bytes }, blobs, images: [] };
}

const rawLayer = (bytes: Uint8Array, mediaType: string) =>
  forged((manifest, put) => {
    manifest.layers = [{ mediaType, ...put(bytes) }];
  });

const TAR = "application/vnd.oci.image.layer.v1.tar";

/** A module with one import. */
function importing(module: string, name: string): Uint8Array {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const imports = [1, ...text(module), ...text(name), 0, 0];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0],
    ...[2, imports.length, ...imports],
  ]);
}

const WASM_HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const COMPONENT = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
/** One core instance without a module: its one export, a function, has a quote for a name. */
const UNSAFE_COMPONENT = Uint8Array.from([...COMPONENT, 2, 7, 1, 1, 1, 1, 0x27, 0, 0]);

/** Pulls an image that must be signed with another key, and is signed by `signer` or by nobody. */
async function pullSigned(signer: Signer | undefined): Promise<unknown> {
  await using registry = await startRegistry();
  const { digest } = await registry.push("acme/hello:1", await goodImage());
  if (signer !== undefined) await signInRegistry(registry, "acme/hello", digest, [signer]);
  const before = await listing();
  const verify = { keys: makeSigner().pem };
  const pulled = engine.pullImage(`${registry.host}/acme/hello:1`, { verify });
  const error: unknown = await pulled.catch((reason: unknown) => reason);
  expect(await listing()).toEqual(before);
  return error;
}

async function badStore(): Promise<unknown> {
  const file = join(fixture.folder, "a-file");
  await writeFile(file, "");
  return openEngine({ root: join(file, "store") });
}

async function closedEngine(): Promise<unknown> {
  const own = await openEngine({ root: join(fixture.folder, "closed") });
  await own.close();
  return own.images.list();
}

/** Sixteen functions of a MiB that does nothing. */
function largeModule(): Uint8Array {
  const nops = Buffer.alloc(2 ** 20, 0x01);
  const body = Buffer.concat([
    Buffer.from([...leb(nops.length + 2), 0]),
    nops,
    Buffer.from([0x0b]),
  ]);
  const count = 16;
  const content = [Buffer.from(leb(count)), ...Array.from({ length: count }, () => body)];
  const length = content.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return Buffer.concat([
    coreModule(
      section(1, [0x60, 0, 0]),
      section(3, ...Array.from({ length: count }, () => [0])),
      section(7, [...name("_start"), 0, 0]),
    ),
    Buffer.from([10, ...leb(length)]),
    ...content,
  ]);
}

async function fullQueue(): Promise<unknown> {
  const own = await openEngine({
    root: join(fixture.folder, "full"),
    workers: 1,
    maxWorkers: 1,
    maxQueued: 1,
  });
  try {
    const loop = await own.loadImage(guestPath("loop"));
    const containers = await Promise.all(
      Array.from({ length: 20 }, () => own.createContainer(loop)),
    );
    await containers[0]?.start();
    await new Promise((resolve) => setTimeout(resolve, 100)); // it runs for long now, the others must wait
    for (const container of containers.slice(1)) await container.start();
    return undefined;
  } finally {
    await own.close();
  }
}

async function brokenLayout(): Promise<unknown> {
  const folder = join(fixture.folder, "layout");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const { descriptor } = (await goodImage()).manifest;
  await writeFile(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }),
  );
  return engine.loadImage(folder);
}

/** A copy of the product whose workers end as soon as they begin. */
async function brokenWorker(): Promise<unknown> {
  const folder = join(fixture.folder, "broken");
  await cp(fileURLToPath(new URL("../../dist/", import.meta.url)), folder, { recursive: true });
  await symlink(
    fileURLToPath(new URL("../../node_modules", import.meta.url)),
    join(fixture.folder, "node_modules"),
  );
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "guest", "worker-main.js"), "process.exit(1);");
  const copy = (await import(
    pathToFileURL(join(folder, "index.js")).href
  )) as typeof import("safedock");
  const own = await copy.openEngine({ root: join(fixture.folder, "broken-store") });
  try {
    return await own.run(await own.loadImage(guestPath("hello")));
  } finally {
    await own.close();
  }
}

/** Pulls from a registry that wants a login, with such a file of logins. */
async function pullWithLogins(content: string): Promise<unknown> {
  const file = join(fixture.folder, "logins.json");
  await writeFile(file, content);
  await using registry = await startRegistry({
    intercept: (_, response) => {
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      return true;
    },
  });
  const credentials = storedCredentials({ files: [file] });
  return await engine.pullImage(`${registry.host}/test/bad:1`, { credentials });
}

const zeros = (size: number) => new Uint8Array(size);

async function fetchFrom(guest: string, path: string): Promise<Response> {
  const image = await engine.loadImage(guestPath(guest));
  await using container = await engine.createContainer(image, { limits: { timeoutMs: 100 } });
  return await container.fetch(path);
}

const CASES: Record<string, () => Promise<unknown>> = {
  ERR_REFERENCE_INVALID: () => engine.pullImage("Not A Reference"),
  ERR_DIGEST_INVALID: () => engine.images.get("sha256:0123"),
  ERR_MANIFEST_INVALID: () =>
    pull({
      answer: (path, response) => {
        if (!path.includes("/manifests/")) return false;
        response
          .writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json" })
          .end("{");
        return true;
      },
    }),
  ERR_MANIFEST_UNSUPPORTED: async () =>
    pull({ image: await rawLayer(zeros(8), "application/x-unknown") }),
  ERR_CONFIG_INVALID: async () =>
    pull({
      image: await forged((manifest, put) => {
        manifest.config = { ...manifest.config, ...put(Buffer.from('{"os":"wasi"}')) };
      }),
    }),
  ERR_PLATFORM_NOT_FOUND: async () => {
    const linux = { ...(await goodImage()), platform: "linux/amd64" };
    return pull({ image: imageIndex([{ image: linux, platform: "linux/amd64" }] as never) });
  },

  ERR_REGISTRY_UNAUTHORIZED: () => pull(status(401)),
  ERR_REGISTRY_FORBIDDEN: () => pull(status(403)),
  ERR_REGISTRY_NOT_FOUND: () => pull(status(404)),
  ERR_REGISTRY_RATE_LIMITED: () => pull(status(429)),
  ERR_REGISTRY_SERVER: () => pull(status(500)),
  ERR_REGISTRY_RESPONSE: () => pull(status(418)),
  ERR_CREDENTIALS_INVALID: () => pullWithLogins("{"),
  ERR_REGISTRY_UNREACHABLE: () => engine.pullImage("127.0.0.1:1/nobody/listens:1"),

  ERR_DIGEST_MISMATCH: async () =>
    pull(
      await withLayer((bytes) => {
        const changed = Uint8Array.from(bytes);
        changed[changed.length - 9] = (changed[changed.length - 9] ?? 0) ^ 1;
        return changed;
      }),
    ),
  ERR_SIZE_MISMATCH: async () => pull(await withLayer((bytes) => Buffer.concat([bytes, zeros(3)]))),
  ERR_BLOB_TOO_LARGE: async () =>
    pull({
      image: await forged((manifest) => {
        for (const layer of manifest.layers) layer.size = 2 ** 50;
      }),
    }),
  ERR_BLOB_NOT_FOUND: brokenLayout,
  ERR_STORE_INVALID: badStore,

  ERR_LAYER_COMPRESSION: async () =>
    pull({ image: await rawLayer(Buffer.from("not gzip at all"), `${TAR}+gzip`) }),
  ERR_LAYER_INVALID: async () => pull({ image: await rawLayer(zeros(1000).fill(7), TAR) }),
  ERR_LAYER_TOO_LARGE: async () =>
    pull({ image: await rawLayer(gzipSync(zeros(260 * 2 ** 20), { level: 9 }), `${TAR}+gzip`) }),
  ERR_DIFFID_MISMATCH: async () => {
    const tar = await tarLayer({ "/other.wasm": await guestBytes("hello") });
    return pull({ image: await rawLayer(tar, TAR) });
  },

  ERR_SIGNATURE_MISSING: () => pullSigned(undefined),
  ERR_SIGNATURE_INVALID: () => pullSigned(makeSigner()),
  ERR_POLICY_REFUSED: async () => {
    const folder = join(fixture.folder, "strict");
    await using own = await openEngine({ root: folder, policy: { default: "reject" } });
    return await own.pullImage("registry.example/acme/hello:1");
  },
  ERR_LOCK_MISSING: () => engine.pullImage("hello:2", { lock: { version: 1, images: {} } }),
  ERR_LOCK_INVALID: () => engine.pullImage("hello:2", { lock: join(fixture.folder, "none.json") }),

  ERR_IMAGE_NO_WASM: async () => pull({ image: await wasmImage({ files: { "/readme": "text" } }) }),
  ERR_IMAGE_NOT_FOUND: () => engine.run("missing:1"),
  ERR_IMAGE_IN_USE: async () => {
    await using container = await engine.createContainer(hello);
    return await engine.images.remove(container.image.digest);
  },
  ERR_SOURCE_UNSUPPORTED: () => engine.loadImage(Buffer.from("#!/bin/sh\n")),
  ERR_ARCHIVE_INVALID: () => engine.loadImage(gzipSync("no tar")),
  ERR_ENTRYPOINT_MISSING: async () => {
    await using container = await engine.createContainer(hello);
    return await container.exec(["/no/such.wasm"]);
  },

  ERR_MODULE_INVALID: async () =>
    engine.run(await engine.loadImage(Uint8Array.from([...WASM_HEADER, 1, 1, 0x7f]))),
  ERR_MODULE_TOO_LARGE: () => engine.run(hello, { limits: { moduleBytes: 8 } }),
  // Reading and compiling it takes some 100 ms.
  ERR_MODULE_COMPILE_TIMEOUT: async () =>
    engine.run(await engine.loadImage(largeModule()), { limits: { compileMs: 1 } }),
  ERR_IMPORT_UNKNOWN: async () =>
    engine.createContainer(await engine.loadImage(importing("env", "launch_missiles"))),
  ERR_COMPONENT_INVALID: async () => assertSafeNames(COMPONENT.subarray(0, 6), "cut.wasm"),
  ERR_COMPONENT_NAME_UNSAFE: async () => assertSafeNames(UNSAFE_COMPONENT, "unsafe.wasm"),
  ERR_COMPONENT_UNSUPPORTED: () => engine.loadImage(asyncFunction, { prepare: true }),
  ERR_CALL_INVALID: () => callKinds("no-such-function"),
  ERR_CALL_FAILED: () => callKinds("divide", 1, 0),
  ERR_CALL_TRAPPED: () => callKinds("trap"),
  ERR_QUEUE_FULL: fullQueue,
  ERR_TOO_MANY_CONTAINERS: async () => {
    await using small = await openEngine({ root: join(fixture.folder, "full"), maxContainers: 1 });
    const image = await small.loadImage(guestPath("hello"));
    const first = await small.createContainer(image);
    try {
      return await small.createContainer(image);
    } finally {
      await first.remove();
    }
  },
  ERR_WORKER_FAILED: brokenWorker,

  ERR_OPTIONS_INVALID: () => engine.createContainer(hello, { limits: { timeoutMs: -1 } }),
  ERR_MOUNT_UNAVAILABLE: () =>
    engine.run(hello, { grants: { fs: [{ source: join(fixture.folder, "none"), target: "/x" }] } }),
  ERR_CONTAINER_STATE: async () => {
    await using container = await engine.createContainer(hello);
    return await container.wait();
  },
  ERR_CONTAINER_FILE: async () => {
    await using container = await engine.createContainer(hello);
    return await container.fs.readFile("/no/such");
  },
  ERR_ENGINE_CLOSED: closedEngine,
  ERR_HTTP_REQUEST_INVALID: () => fetchFrom("hello", `/${"x".repeat(20_000)}`),
  ERR_HTTP_RESPONSE_INVALID: () => fetchFrom("hello", "/"),
  ERR_HTTP_TRAPPED: () => fetchFrom("trap", "/"),
  ERR_HTTP_TIMEOUT: () => fetchFrom("loop", "/"),
};

describe("each error code is thrown", () => {
  it.each(Object.entries(CASES))("%s", async (code, act) => {
    const error: unknown = await act().then(
      (answer) => answer,
      (reason: unknown) => reason,
    );
    expect(error, String(error)).toMatchObject({ name: "SafedockError", code, data: {} });
    // The one from a copy of the product is another class.
    if (code !== "ERR_WORKER_FAILED") expect(error).toBeInstanceOf(SafedockError);
    expect((error as Error).message.length).toBeGreaterThan(10);
    const { hint, message } = error as SafedockError;
    expect(hint.length).toBeGreaterThan(10);
    expect(message.endsWith(` (${hint})`)).toBe(true);
  });

  it("and each is tried here and told in docs/errors.md", async () => {
    const source = await readFile(new URL("../../src/base/errors.ts", import.meta.url), "utf8");
    const page = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
    const declared = [...source.matchAll(/^ {2}(ERR_[A-Z_]+):/gm)].map(([, code]) => code);
    const told = [...page.matchAll(/^\| `(ERR_[A-Z_]+)`/gm)].map(([, code]) => code);
    expect(Object.keys(CASES).toSorted()).toEqual(declared.toSorted());
    expect(told.toSorted()).toEqual(declared.toSorted());
  });
});

describe("a hint", () => {
  it("is there for every code, whoever throws it", () => {
    for (const code of Object.keys(CASES)) {
      const { hint, message } = new SafedockError(code as ErrorCode, "problem", {
        data: {} as never,
      });
      expect(hint.length, code).toBeGreaterThan(10);
      expect(message).toBe(`problem (${hint})`);
    }
  });

  it("comes whole, and once, from the worker that threw the error", () => {
    const hint = "do this";
    const error = new SafedockError("ERR_MODULE_INVALID", "bad", {
      data: { module: "m", problem: "p" },
      hint,
    });
    expect(unpackError(packError(error))).toMatchObject({ message: "bad (do this)", hint });
  });
});

describe("an error", () => {
  it("is recognised by isSafedockError, with its code and without", async () => {
    const error: unknown = await engine.run("missing:1").catch((reason: unknown) => reason);
    expect(isSafedockError(error)).toBe(true);
    expect(isSafedockError(error, "ERR_IMAGE_NOT_FOUND") && error.data.reference).toBe("missing:1");
    expect(isSafedockError(error, "ERR_ENGINE_CLOSED")).toBe(false);
    expect(isSafedockError(new Error("ERR_IMAGE_NOT_FOUND"))).toBe(false);
  });

  it("names the unknown import, all of them at once", async () => {
    const image = await engine.loadImage(importing("env", "launch_missiles"));
    await expect(engine.createContainer(image)).rejects.toMatchObject({
      data: { imports: ["env.launch_missiles"] },
    });
  });

  it("lists the platforms that there are", async () => {
    const linux = await goodImage();
    const index = imageIndex([{ image: linux, platform: "linux/amd64" }] as never);
    expect(await pull({ image: index })).toMatchObject({
      code: "ERR_PLATFORM_NOT_FOUND",
      data: { available: ["linux/amd64"] },
    });
  });
});

/** Of a component whose imports are never called here. */
async function callKinds(name: string, ...args: unknown[]): Promise<unknown> {
  const path = fileURLToPath(new URL("../guests/components/real/kinds.wasm", import.meta.url));
  const imports = {
    "acme:kinds/host": { log: () => undefined, lookup: () => "", addAll: () => 0n },
    notify: () => true,
  };
  const image = await engine.loadImage(path);
  await using container = await engine.createContainer(image, { imports });
  return await container.call(name, ...args);
}

/** An image carries the grants that it asks for: through a registry and an archive, hostile ones too. */
import { join } from "node:path";
import type { Engine, GrantRequest } from "safedock";
import { approveGrants, diffGrants } from "safedock";
import { startRegistry, wasmImage, type TestRegistry } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { rejectionOf, thrownBy } from "../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let registry: TestRegistry;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  registry = await startRegistry();
});

afterAll(async () => {
  await fixture.close();
  await registry.close();
});

const request: GrantRequest = {
  reason: "Prints its variables.",
  env: ["LOG", { name: "API_TOKEN", reason: "to read prices", optional: true }],
  fs: [{ target: "/data", reason: "orders" }],
  clock: "real",
};

async function build(requestedGrants: unknown) {
  const files = { "/env.wasm": await guestBytes("env") };
  return engine.buildImage({
    files,
    entrypoint: ["/env.wasm"],
    ...(requestedGrants === undefined ? {} : { requestedGrants: requestedGrants as GrantRequest }),
  });
}

/** An image of a registry whose annotation is this text. */
async function pullAsking(text: string) {
  const files = { "/env.wasm": await guestBytes("env") };
  const annotations = { "dev.safedock.grants": text };
  await registry.push(
    "acme/asking:1",
    await wasmImage({ files, entrypoint: ["/env.wasm"], annotations }),
  );
  return engine.pullImage(`${registry.host}/acme/asking:1`);
}

describe("image.requestedGrants", () => {
  it("is what buildImage wrote, also from an archive, and after another engine has loaded it", async () => {
    const image = await build(request);
    expect(image.requestedGrants).toEqual(request);
    const archive = join(fixture.folder, "asking.tar");
    await engine.saveImage([image], archive);
    const other = await openTestEngine({ workers: 1 });
    try {
      const loaded = await other.engine.loadImage(archive);
      expect(loaded.digest).toBe(image.digest);
      expect(loaded.requestedGrants).toEqual(request);
      expect((await other.engine.images.get(image.digest)).requestedGrants).toEqual(request);
    } finally {
      await other.close();
    }
  });

  it("is what a manifest of a registry says", async () => {
    const image = await pullAsking(JSON.stringify(request));
    expect(image.requestedGrants).toEqual(request);
    expect((await engine.images.get(image.digest)).requestedGrants).toEqual(request);
  });

  it("is undefined for an image that asks for nothing", async () => {
    expect((await build(undefined)).requestedGrants).toBeUndefined();
  });

  it("grants nothing by itself", async () => {
    const image = await build({ env: ["HOME"], fs: [{ target: "/" }], clock: "real" });
    await using container = await engine.createContainer(image);
    expect(container.inspect().grants).toMatchObject({
      env: {},
      inheritEnv: [],
      fs: [],
      clock: { kind: "frozen" },
    });
  });

  it("is approved by the host and run", async () => {
    const image = await build(request);
    const grants = approveGrants(image.requestedGrants ?? {}, {
      sources: { "/data": fixture.folder },
      env: { LOG: "debug" },
    });
    const { stdout } = await engine.run(image, { grants });
    expect(stdout.toString()).toContain("env LOG=debug");
  });

  it("shows what an upgrade asks for on top", async () => {
    const old = await build(request);
    const next = await build({ ...request, fs: [{ target: "/data", access: "read-write" }] });
    const { widens, text } = diffGrants(old.requestedGrants ?? {}, next.requestedGrants ?? {});
    expect(widens).toBe(true);
    expect(text).toBe("fs:/data widened: a directory read-only → a directory read-write");
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["an unknown member", '{ "network": true }'],
    ["a source", '{ "fs": [{ "source": "/etc", "target": "/a" }] }'],
    ["a value", '{ "env": { "A": "x" } }'],
    ["a terminal's commands", JSON.stringify({ reason: "\u001b[2J" })],
    ["more than 64 KiB", JSON.stringify({ env: Array(900).fill("x".repeat(80)) })],
    ["an array in an array in …", `{ "fs": ${"[".repeat(10_000)}${"]".repeat(10_000)} }`],
    ["a name of every object's", '{ "__proto__": { "clock": "real" } }'],
  ])("says what is wrong with %s, and the image runs all the same", async (_, text) => {
    const image = await pullAsking(text);
    const error = thrownBy(() => image.requestedGrants);
    expect(error).toMatchObject({ code: "ERR_MANIFEST_INVALID" });
    expect(String(error).length).toBeLessThan(1000);
    expect(String(error)).not.toContain("\u001b");
    expect((await engine.run(image)).code).toBe(0);
    expect(JSON.stringify(image.inspect())).toContain("/env.wasm");
  });

  it.each([
    ["a source", { fs: [{ source: "/etc", target: "/a" }] }, "requestedGrants.fs[0].source"],
    [
      "64 KiB of names",
      { env: Array.from({ length: 900 }, (_, n) => `${"X".repeat(80)}${n}`) },
      "characters of JSON",
    ],
    ["an array", [], "requestedGrants: must be an object"],
    ["null", null, "requestedGrants: must be an object"],
  ])("is not written with %s", async (_, bad, problem) => {
    const error = await rejectionOf(build(bad));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(String(error)).toContain(problem);
  });

  it("is not written twice", async () => {
    const error = await rejectionOf(
      engine.buildImage({
        files: { "/env.wasm": await guestBytes("env") },
        entrypoint: ["/env.wasm"],
        requestedGrants: {},
        annotations: { "dev.safedock.grants": "{}" },
      }),
    );
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  });
});

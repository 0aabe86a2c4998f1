import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { rejectionOf } from "../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let folder: string;
const basic = Buffer.from("ada:pa55").toString("base64");

beforeAll(async () => {
  fixture = await openTestEngine();
  folder = await mkdtemp(join(tmpdir(), "safedock-engine-logins-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await fixture.close();
  await rm(folder, { recursive: true, force: true });
});

it("engine.pullImage uses what docker login has left, unless it is told not to", async () => {
  let isClosed = false;
  await using registry = await startRegistry({
    intercept: (request, response) => {
      if (!isClosed || request.headers.authorization === `Basic ${basic}`) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
      return true;
    },
  });
  const image = await wasmImage({
    files: { "/hello.wasm": await guestBytes("hello") },
    entrypoint: ["/hello.wasm"],
  });
  await registry.push("acme/hello:1", image);
  isClosed = true;
  const reference = `${registry.host}/acme/hello:1`;
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ auths: { [registry.host]: { auth: basic } } }));
  vi.stubEnv("REGISTRY_AUTH_FILE", config);
  const refused = fixture.engine.pullImage(reference, { credentials: "anonymous" });
  expect(await rejectionOf(refused)).toMatchObject({ code: "ERR_REGISTRY_UNAUTHORIZED" });
  const pulled = await fixture.engine.pullImage(reference);
  expect(pulled.digest).toBe(image.manifest.descriptor.digest);
});

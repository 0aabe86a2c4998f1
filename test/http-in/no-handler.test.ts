/** Components that can answer no request, and those that answer by CGI. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { componentBytes, endComponentTexts } from "../support/component-text.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let greeter: Uint8Array;

beforeAll(async () => {
  fixture = await openTestEngine();
  greeter = await readFile(new URL("../guests/components/greet.wasm", import.meta.url));
});

afterAll(async () => {
  await fixture.close();
  await endComponentTexts();
});

/** Exports instances of nothing under these names. */
function exporting(...names: readonly string[]): Promise<Uint8Array> {
  const exports = names.map((name) => `(export "${name}" (instance $empty))`);
  return componentBytes(`(component (instance $empty) ${exports.join("\n")})`);
}

async function refusal(bytes: Uint8Array, path = "/"): Promise<unknown> {
  const { engine } = fixture;
  await using container = await engine.createContainer(await engine.loadImage(bytes));
  return await container.fetch(path).catch((error: unknown) => error);
}

describe("container.fetch of a component without a handler", () => {
  it("says that it has none, what it exports, and what can be done", async () => {
    const { engine } = fixture;
    await using container = await engine.createContainer(await engine.loadImage(greeter));
    const problem =
      "it has no handler of HTTP requests (wasi:http/incoming-handler), and is no command: it exports greet";
    for (const path of ["/", "/again"]) {
      await expect(container.fetch(path)).rejects.toMatchObject({
        code: "ERR_MODULE_INVALID",
        message: expect.stringMatching(
          /cannot answer requests: it has no handler .* exports greet/,
        ),
        data: { module: "/main.wasm", problem },
        hint: expect.stringMatching(/wasi:http\/proxy.*container\.call/),
      });
    }
    // It is what it was for all that is no request.
    expect(await container.call("greet", "you")).toBe("Hello, you!");
  });

  it.each([
    [[], "nothing"],
    [["acme:math/ops@1.2.0", "acme:db/store"], "acme:math/ops@1.2.0, acme:db/store"],
    [["wasi:http/outgoing-handler@0.2.3"], "wasi:http/outgoing-handler@0.2.3"],
  ])("names %j", async (names, listed) => {
    const refused = await refusal(await exporting(...names));
    expect(refused).toMatchObject({
      code: "ERR_MODULE_INVALID",
      data: { problem: expect.stringMatching(new RegExp(`: it exports ${listed}$`)) },
    });
  });

  it("names twenty of many", async () => {
    const names = Array.from({ length: 23 }, (_, index) => `acme:many/of-them-${index}`);
    const refused = await refusal(await exporting(...names));
    expect(refused).toMatchObject({
      data: { problem: expect.stringMatching(/of-them-19 and 3 more$/) },
    });
  });

  it("is a failure of the server's to its clients, who are not told of it", async () => {
    const { engine } = fixture;
    await using container = await engine.createContainer(await engine.loadImage(greeter));
    const told: unknown[] = [];
    const server = createServer(toNodeHandler(container, { onError: (error) => told.push(error) }));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/greet/);
      expect(told).toMatchObject([{ code: "ERR_MODULE_INVALID" }]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

it("a component that is a command answers by CGI", async () => {
  const { engine } = fixture;
  const hello = await readFile(new URL("../guests/components/hello.wasm", import.meta.url));
  // It writes no head: it was run, and that is what is said of it.
  expect(await refusal(hello)).toMatchObject({ code: "ERR_HTTP_RESPONSE_INVALID" });
  expect((await engine.run(await engine.loadImage(hello))).code).toBe(0);
});

it("a component that is a command too answers by its handler", async () => {
  const { engine } = fixture;
  const bytes = await componentBytes(`(component
    (import "wasi:http/types@0.2.0" (instance $types
      (export "incoming-request" (type (sub resource)))
      (export "response-outparam" (type (sub resource)))))
    (alias export $types "incoming-request" (type $request))
    (alias export $types "response-outparam" (type $out))
    (core module $core
      (func (export "handle") (param i32 i32))
      (func (export "run") (result i32) (i32.const 0)))
    (core instance $core (instantiate $core))
    (func $handle (param "request" (own $request)) (param "response-out" (own $out))
      (canon lift (core func $core "handle")))
    (func $run (result (result)) (canon lift (core func $core "run")))
    (instance $handler (export "handle" (func $handle)))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
    (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))`);
  const image = await engine.loadImage(bytes);
  expect((await engine.run(image)).code).toBe(0);
  await using container = await engine.createContainer(image);
  await expect(container.fetch("/")).rejects.toThrow(/the handler has not answered/);
});

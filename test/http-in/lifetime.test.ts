/** What containers do to requests under way, and requests to the app that makes them. */
import { execFile } from "node:child_process";
import { rm, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { httpContainer, httpGuestPath } from "./http-guests.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

async function cgiContainer(): Promise<Container> {
  return fixture.engine.createContainer(await fixture.engine.loadImage(guestPath("cgi")));
}

/** A request whose guest waits for its body's end. */
function waiting(container: Container, path: string): Promise<Response> {
  const { readable } = new TransformStream<Uint8Array, Uint8Array>();
  const asked = container.fetch(path, { method: "POST", body: readable, duplex: "half" });
  asked.catch(() => undefined);
  return asked;
}

function nextStart(): Promise<void> {
  return new Promise((resolve) => fixture.engine.once("start", () => resolve()));
}

const KINDS: [string, string, () => Promise<Container>][] = [
  ["a component", "/count", () => httpContainer(fixture.engine, "bodies")],
  ["a CGI program", "/late", cgiContainer],
];

describe.each(KINDS)("a request to %s", (_, path, open) => {
  it("is failed by its container's kill", async () => {
    await using container = await open();
    const started = nextStart();
    const asked = waiting(container, path);
    await started;
    await container.kill();
    await expect(asked).rejects.toMatchObject({
      code: "ERR_HTTP_TRAPPED",
      data: { reason: "killed" },
    });
  });

  it("is failed by its container's removal, whenever it comes", async () => {
    const container = await open();
    const early = waiting(container, path);
    const removed = container.remove({ force: true });
    await expect(early).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(?:HTTP_TRAPPED|CONTAINER_STATE)$/) as string,
    });
    await removed;
    await expect(container.fetch(path)).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    expect(container.stats().processes).toBe(0);
  });

  it("is a reason not to remove its container without force", async () => {
    const container = await open();
    const started = nextStart();
    const asked = waiting(container, path);
    await started;
    await expect(container.remove()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await container.remove({ force: true });
    await expect(asked).rejects.toMatchObject({ code: "ERR_HTTP_TRAPPED" });
  });

  it("is failed by its engine's end", async () => {
    const other = await openTestEngine();
    const source = path === "/late" ? guestPath("cgi") : httpGuestPath("bodies");
    const container = await other.engine.createContainer(await other.engine.loadImage(source));
    const started = new Promise((resolve) => other.engine.once("start", resolve));
    const asked = waiting(container, path);
    await started;
    await other.close();
    await expect(asked).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(?:HTTP_TRAPPED|ENGINE_CLOSED)$/) as string,
    });
    await expect(container.fetch(path)).rejects.toMatchObject({ code: "ERR_ENGINE_CLOSED" });
  });

  it("does not keep files, counts or processes", async () => {
    await using container = await open();
    for (let round = 0; round < 20; round++) {
      await (await container.fetch(path, { method: "POST", body: "x" })).text();
    }
    await expect.poll(() => container.stats().processes).toBe(0);
  });
});

it("one that meets a full queue is refused", async () => {
  const other = await openTestEngine({ workers: 1, maxWorkers: 1, maxQueued: 1 });
  try {
    const { engine } = other;
    const cgi = await engine.createContainer(await engine.loadImage(guestPath("cgi")));
    const component = await httpContainer(engine, "bodies");
    const started = new Promise((resolve) => engine.once("start", resolve));
    const running = waiting(cgi, "/late");
    await started;
    const queued = waiting(cgi, "/late");
    const code = "ERR_QUEUE_FULL";
    await expect(Promise.race([queued, waiting(cgi, "/late")])).rejects.toMatchObject({ code });
    await expect(component.fetch("/count")).rejects.toMatchObject({ code });
    await cgi.kill();
    await expect(running).rejects.toMatchObject({ code: "ERR_HTTP_TRAPPED" });
  } finally {
    await other.close();
  }
});

describe("an app", () => {
  const run = async (name: string, body: string): Promise<string> => {
    const root = await mkdtemp(join(tmpdir(), "safedock-lifetime-"));
    const entry = new URL("../../dist/index.js", import.meta.url).href;
    const source = name === "cgi" ? guestPath("cgi") : httpGuestPath(name);
    const script = `
      import { openEngine } from ${JSON.stringify(entry)};
      const engine = await openEngine({ root: ${JSON.stringify(root)} });
      const image = await engine.loadImage(${JSON.stringify(source)});
      const open = (http) => engine.createContainer(image, { http });
      ${body}`;
    try {
      const args = ["--expose-gc", "--input-type=module", "-e", script];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        timeout: 15_000,
        cwd: fileURLToPath(new URL(".", import.meta.url)),
      });
      return stdout;
    } finally {
      await rm(root, { recursive: true });
    }
  };

  it("that keeps an instance for the next request ends by itself", async () => {
    const out = await run(
      "answers",
      `const container = await open({ reuse: true });
      console.log(await (await container.fetch("/count")).text());
      console.log(await (await container.fetch("/count")).text());`,
    );
    expect(out.split("\n")[0]).toBe("1");
  });

  it("that waits for an answer goes on until it has come", async () => {
    const out = await run(
      "bodies",
      `const container = await open();
      const body = new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 200).unref());
          controller.close();
        },
      });
      const asked = container.fetch("/count", { method: "POST", body, duplex: "half" });
      asked.then((response) => response.text()).then((text) => console.log(text));`,
    );
    expect(out).toBe("0\n");
  });

  it.each([
    ["bodies", "/flood?100000000"],
    ["cgi", "/stream"],
  ])("that has forgotten an answer ends by itself: %s", async (name, path) => {
    const out = await run(
      name,
      `const container = await open();
      const body = new ReadableStream({ pull: () => new Promise(() => {}) });
      const response = await container.fetch("${path}", { method: "POST", body, duplex: "half" });
      console.log(response.status);`,
    );
    expect(out).toBe("200\n");
  });

  it.each([
    ["bodies", "/flood?100000000"],
    ["cgi", "/stream"],
  ])("ends guests whose answers it has forgotten: %s", async (name, path) => {
    const out = await run(
      name,
      `const container = await open();
      const body = new ReadableStream({ pull: () => new Promise(() => {}) });
      const ended = new Promise((resolve) => engine.once("exit", () => resolve("ended")));
      console.log((await container.fetch("${path}", { method: "POST", body, duplex: "half" })).status);
      const timer = setInterval(() => globalThis.gc(), 20);
      console.log(await ended);
      clearInterval(timer);
      await engine.close();`,
    );
    expect(out).toBe("200\nended\n");
  });
});

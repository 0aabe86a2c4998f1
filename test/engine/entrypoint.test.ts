/** The option `entrypoint`: any program of an image, in place of its own. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, Image, Process } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestBytes } from "./guests.js";

let fixture: TestEngine;
let engine: Engine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
  const files = {
    "/main.wasm": await guestBytes("hello"),
    "/bin/env.wasm": await guestBytes("env"),
  };
  await using registry = await startRegistry();
  const entrypoint = ["/main.wasm"];
  await registry.push("a:1", await wasmImage({ files, entrypoint, cmd: ["of", "the", "image"] }));
  image = await engine.pullImage(`${registry.host}/a:1`);
});

afterAll(() => fixture.close());

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function linesOf(process: Process): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of process.stdout.lines()) lines.push(line);
  await process.wait();
  return lines;
}

test("replaces Entrypoint and Cmd; args follow it", async () => {
  const { stdout } = await engine.run(image, { entrypoint: ["/bin/env.wasm", "a"], args: ["b"] });
  expect(text(stdout)).toBe("arg 0 /bin/env.wasm\narg 1 a\narg 2 b\n");
  const bare = await engine.run(image, { entrypoint: ["bin/env.wasm"] });
  expect(text(bare.stdout)).toBe("arg 0 bin/env.wasm\n");
});

test("start runs it each time, exec something else", async () => {
  await using container = await engine.createContainer(image, { entrypoint: ["/bin/env.wasm"] });
  expect(container.inspect()).toMatchObject({ command: ["/bin/env.wasm"], args: undefined });
  for (let round = 0; round < 2; round++) {
    expect(await linesOf(await container.start())).toEqual(["arg 0 /bin/env.wasm"]);
  }
  expect(await linesOf(await container.exec(["/main.wasm"]))).toEqual(["hello"]);
});

test("may lie in a mount", async () => {
  const source = join(fixture.folder, "tools");
  await mkdir(source);
  await writeFile(join(source, "mine.wasm"), await guestBytes("hello"));
  const grants = { fs: [{ source, target: "/tools", access: "read-only" }] } as const;
  const result = await engine.run(image, { entrypoint: ["/tools/mine.wasm"], grants });
  expect(text(result.stdout)).toBe("hello\n");
  await expect(
    engine.run(image, { entrypoint: ["/tools/none.wasm"], grants }),
  ).rejects.toMatchObject({ code: "ERR_ENTRYPOINT_MISSING" });
});

test.each([
  [["/none.wasm"], "ERR_ENTRYPOINT_MISSING"],
  [[], "ERR_OPTIONS_INVALID"],
  [[""], "ERR_ENTRYPOINT_MISSING"],
  [["a\0b"], "ERR_OPTIONS_INVALID"],
  ["/main.wasm" as never, "ERR_OPTIONS_INVALID"],
])("%j is refused: %s", async (entrypoint, code) => {
  await expect(engine.createContainer(image, { entrypoint })).rejects.toMatchObject({ code });
});

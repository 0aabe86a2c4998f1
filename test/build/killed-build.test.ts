/** A build that is killed at any moment leaves a store that the next one finds in order. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openEngine } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { expectCleanStore } from "../support/verify-clean.js";

const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
let folder: string;
let context: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-killed-"));
  context = join(folder, "context");
  await mkdir(context);
  for (let i = 0; i < 40; i++)
    await writeFile(join(context, `${i}`), Buffer.alloc(500_000, `${i}`));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const order = () => ({
  files: { "/hello.wasm": { source: guestPath("hello") }, "/data": { source: context } },
  entrypoint: ["/hello.wasm"],
  reference: "acme/killed:1",
});

describe("a build that is killed", () => {
  it.each([0, 10, 30, 60, 100, 150, 250])("after %d ms of work is done anew", async (wait) => {
    const root = await mkdtemp(join(folder, "store-"));
    const code = `import { openEngine } from ${JSON.stringify(library)};
      const engine = await openEngine({ root: ${JSON.stringify(root)} });
      console.log("begun");
      await engine.buildImage(${JSON.stringify(order())});
      process.exit();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    await sleep(wait);
    child.kill("SIGKILL");
    await exited;
    const engine = await openEngine({ root });
    try {
      const image = await engine.buildImage(order());
      expect((await engine.run(image)).stdout.toString()).toBe("hello\n");
      expect(await readdir(join(root, "v1/temp"))).toEqual([]);
    } finally {
      await engine.close();
    }
    await expectCleanStore(root);
  });
});

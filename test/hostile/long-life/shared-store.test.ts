/** Several apps on one store, of which some are killed in the middle of everything: the others go on. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openEngine, type Engine } from "safedock";
import { startRegistry, wasmImage, type TestRegistry } from "safedock/testing";
import { expect, test } from "vitest";
import { guestBytes } from "../../engine/guests.js";
import { expectCleanStore } from "../../support/verify-clean.js";
import { pick, seededNumbers } from "../seeded-numbers.js";
import { withFolder } from "./run-program.js";

const PROGRAM = fileURLToPath(new URL("busy-neighbour.mjs", import.meta.url));
const KILLS = 6;
const TAGS = 8;

async function pushImages(registry: TestRegistry): Promise<void> {
  const [files, loop] = await Promise.all([guestBytes("files"), guestBytes("loop")]);
  for (let tag = 0; tag < TAGS; tag++) {
    const data = Buffer.alloc(200_000, tag);
    const image = await wasmImage({
      files: { "/files.wasm": files, "/loop.wasm": loop, [`/data-${tag}`]: data },
      entrypoint: ["/files.wasm"],
      cmd: ["exists", `/data-${tag}`],
    });
    await registry.push(`shared/app:${tag}`, image);
  }
}

/** What a living app does meanwhile: every pull and every run must succeed. */
async function goOn(engine: Engine, host: string, next: (below: number) => number) {
  const tag = next(TAGS);
  const image = await engine.pullImage(`${host}/shared/app:${tag}`);
  const { code, stdout } = await engine.run(image);
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "yes\n" });
}

test(`${KILLS} apps killed by SIGKILL beside one that lives`, { timeout: 180_000 }, async () => {
  await using registry = await startRegistry();
  await pushImages(registry);
  await withFolder(async (folder) => {
    const root = join(folder, "store");
    const next = seededNumbers(4);
    {
      await using engine = await openEngine({ root, workers: 1 });
      for (let kill = 0; kill < KILLS; kill++) {
        const child = fork(PROGRAM, [root, registry.host], {
          stdio: ["ignore", "inherit", "inherit", "ipc"],
        });
        const exited = once(child, "exit") as Promise<[number | null, string | null]>;
        await Promise.race([once(child, "message"), exited]);
        const killed = sleep(next(200)).then(() => child.kill("SIGKILL"));
        while (child.exitCode === null && child.signalCode === null) {
          await goOn(engine, registry.host, next);
        }
        await killed;
        expect(await exited).toEqual([null, "SIGKILL"]);
        await goOn(engine, registry.host, next);
        await pick([() => engine.prune(), () => goOn(engine, registry.host, next)], next)();
      }
    }
    // The next app sweeps what the killed ones left, and nothing else is missing or too many.
    {
      await using engine = await openEngine({ root, workers: 1 });
      expect(await readdir(join(root, "containers"))).toEqual([]);
      await goOn(engine, registry.host, next);
      await engine.prune();
    }
    await expectCleanStore(root);
  });
});

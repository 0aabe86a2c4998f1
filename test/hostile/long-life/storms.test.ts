/**
 * Calls to one container, many at once and awaited by nobody, then its removal: each answers in a documented
 * way, and nothing is left. SAFEDOCK_TEST_SEEDS makes it longer.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isSafedockError, openEngine } from "safedock";
import { expect, test } from "vitest";
import { pick, seededNumbers } from "../seeded-numbers.js";
import { KINDS } from "./container-model.js";
import { withFolder } from "./run-program.js";

const STEPS = 14;
const MISCHIEF = fileURLToPath(
  new URL("../../guests/hostile/long-life/mischief.wasm", import.meta.url),
);
const show = (error: unknown) => (error instanceof Error ? error.stack : JSON.stringify(error));

const SEEDS = Number(process.env["SAFEDOCK_TEST_SEEDS"] ?? 100);
const ALLOWED = new Set(["ERR_CONTAINER_STATE", "ERR_CONTAINER_FILE", "ERR_ENTRYPOINT_MISSING"]);

test(
  `${SEEDS} storms of calls that nobody waits for`,
  { timeout: 60_000 + SEEDS * 1_000 },
  async () => {
    await withFolder(async (folder) => {
      const root = join(folder, "store");
      await using engine = await openEngine({ root, workers: 2, maxWorkers: 8 });
      const image = await engine.loadImage(MISCHIEF);
      const reason = new Error("not any more");
      for (let seed = 0; seed < SEEDS; seed++) {
        const next = seededNumbers(seed);
        const container = await engine.createContainer(image, { args: [pick(KINDS, next)] });
        const signal = () => AbortSignal.timeout(next(10));
        const calls = [
          () => container.start({ stdin: "none" }),
          () => container.start(),
          () => container.exec(["/mischief.wasm", "leave"]),
          () => container.exec(["/mischief.wasm", "loop"], { signal: signal() }),
          () => container.stop({ graceMs: next(5) }),
          () => container.kill(),
          () => container.remove(),
          () => container.fs.writeFile("/n", "text"),
          () => container.fs.readFile("/n"),
          () => container.diff(),
          () => container.commit(),
          () => engine.run(image, { args: ["loop"], signal: AbortSignal.abort(reason) }),
          () => new Promise((resolve) => setTimeout(resolve, next(4))),
        ];
        const storm: Promise<unknown>[] = [];
        const errors: unknown[] = [];
        for (let turn = 0; turn < STEPS; turn++) {
          storm.push(pick(calls, next)().catch((error: unknown) => errors.push(error)));
          if (next(3) === 0) await new Promise((resolve) => setTimeout(resolve, next(3)));
        }
        // A start that is not answered yet can only be ended by the removal.
        await container.remove({ force: true });
        await Promise.all(storm);
        for (const error of errors) {
          if (error === reason || (error instanceof Error && error.name === "TimeoutError"))
            continue;
          expect(
            isSafedockError(error) && ALLOWED.has(error.code),
            `seed ${seed}: ${show(error)}`,
          ).toBe(true);
        }
        expect(engine.inspect()).toMatchObject({ processes: 0, containers: [] });
        for (const layers of await readdir(join(root, "containers"))) {
          expect(await readdir(join(root, "containers", layers)), `seed ${seed}`).toEqual([]);
        }
      }
    });
  },
);

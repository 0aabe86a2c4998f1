/**
 * Random walks over the life of containers, beside a model of it. A failing walk prints its seed and its steps.
 * SAFEDOCK_TEST_SEEDS makes it longer.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openEngine, type Engine, type Image } from "safedock";
import { expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { rejectionOf } from "../../support/thrown-by.js";
import { pick, seededNumbers, type Numbers } from "../seeded-numbers.js";
import { ContainerModel, KINDS } from "./container-model.js";
import { withFolder } from "./run-program.js";

const SEEDS = Number(process.env["SAFEDOCK_TEST_SEEDS"] ?? 200);
const STEPS = 12;
/** Walks on one engine, before it is closed in the middle of one. */
const WALKS_PER_ENGINE = 50;
const MISCHIEF = fileURLToPath(
  new URL("../../guests/hostile/long-life/mischief.wasm", import.meta.url),
);

const VERBS = [
  "start",
  "start",
  "startAborted",
  "startAndAbort",
  "exec",
  "execAndStay",
  "endOthers",
  "wait",
  "endInput",
  "stop",
  "kill",
  "killTwice",
  "remove",
  "removeByForce",
  "readFiles",
  "commit",
  "takeBack",
  "writeToTheEnded",
] as const;

async function step(engine: Engine, image: Image, models: ContainerModel[], next: Numbers) {
  const roll = next(10);
  if (models.length === 0 || roll === 0) {
    const kind = pick(KINDS, next);
    models.push(await ContainerModel.create(engine, image, kind));
    return `create ${kind}`;
  }
  const at = next(models.length);
  const model = pick(models.slice(at), () => 0);
  if (roll === 1) {
    await model.writeFile(`n${next(3)}`, `text ${next(100)}`);
    return `${at}.writeFile`;
  }
  const verb = pick(VERBS, next);
  await model[verb]();
  return `${at}.${verb}`;
}

/** One walk; its containers are still there afterwards. */
async function walk(engine: Engine, image: Image, seed: number): Promise<ContainerModel[]> {
  const next = seededNumbers(seed);
  const models: ContainerModel[] = [];
  const steps: string[] = [];
  try {
    for (let turn = 0; turn < STEPS; turn++) {
      steps.push(await step(engine, image, models, next));
      for (const model of models) model.check();
      const listed = models.filter((model) => model.listed).map(({ container }) => container.id);
      expect(engine.inspect().containers).toEqual(listed);
    }
  } catch (error) {
    throw new Error(`seed ${seed}, after ${steps.join(", ")}`, { cause: error });
  }
  return models;
}

async function expectNothingLeft(engine: Engine, layers: string): Promise<void> {
  expect(engine.inspect()).toMatchObject({ processes: 0, containers: [] });
  const folders = await readdir(layers);
  for (const folder of folders) expect(await readdir(join(layers, folder))).toEqual([]);
}

test(
  `${SEEDS} walks over the life of containers`,
  { timeout: 60_000 + SEEDS * 1_000 },
  async () => {
    await withFolder(async (folder) => {
      const root = join(folder, "store");
      for (let seed = 0; seed < SEEDS;) {
        const engine = await openEngine({ root, workers: 2, maxWorkers: 8 });
        const image = await engine.loadImage(MISCHIEF);
        let models: ContainerModel[] = [];
        for (const end = Math.min(SEEDS, seed + WALKS_PER_ENGINE); seed < end; seed++) {
          for (const model of models) await model.removeByForce();
          await expectNothingLeft(engine, join(root, "containers"));
          models = await walk(engine, image, seed);
        }
        // The last walk's containers run, or not, when the engine goes.
        await Promise.all([engine.close(), engine.close()]);
        expect(await readdir(join(root, "containers"))).toEqual([]);
        for (const { container } of models) {
          expect(container.state).not.toBe("running");
          const codes = ["ERR_ENGINE_CLOSED", "ERR_CONTAINER_STATE"];
          expect(codes).toContain(
            ((await rejectionOf(container.start())) as { code: string }).code,
          );
        }
      }
    });
  },
);

/** Grants hold for components as for core modules: the same program sees the same, and denials are told. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContainerOptions, DeniedEvent, Image } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let data = "";
const told: DeniedEvent[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  data = join(fixture.folder, "data");
  await mkdir(data);
  await writeFile(join(data, "there"), "some bytes");
  fixture.engine.on("denied", (event) => told.push(event));
});
afterAll(() => fixture.close());
afterEach(() => {
  told.length = 0;
});

const guest = (name: string): Promise<Image> =>
  fixture.engine.loadImage(fileURLToPath(new URL(`../guests/${name}.wasm`, import.meta.url)));

describe("the same program as a core module and as a component", () => {
  it.each<[string, ContainerOptions]>([
    ["nothing", {}],
    ["variables and arguments", { args: ["a", "b c"], grants: { env: { A: "1", B: "zwei" } } }],
    ["a hidden environment", { grants: { env: {} } }],
  ])("sees %s alike", async (_, options) => {
    const [core, component] = await Promise.all([
      guest("c/tools/env"),
      guest("components/real/env"),
    ]);
    const one = await fixture.engine.run(core, options);
    const other = await fixture.engine.run(component, options);
    expect(one.code).toBe(0);
    expect(other.code).toBe(0);
    expect(other.stdout.toString()).toBe(one.stdout.toString());
    expect(other.stdout.toString()).not.toContain(process.env["PATH"]);
  });
});

describe("a component that was not granted random bytes", () => {
  it("ends, and the denial is told and is in the audit", async () => {
    const image = await guest("components/preview2/random-denied");
    await using container = await fixture.engine.createContainer(image, {
      grants: { random: "denied" },
    });
    await container.start();
    expect(await container.wait()).toMatchObject({ reason: "trapped", code: 134 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ kind: "random", container, image });
    expect(container.audit().denials).toMatchObject([{ kind: "random" }]);
  });
});

describe("a component that was not granted its standard streams", () => {
  it("finds them closed, and says so", async () => {
    const image = await guest("components/preview2/stdio-denied");
    await using container = await fixture.engine.createContainer(image, {
      grants: { stdio: { stdin: "denied", stdout: "denied" } },
    });
    await container.start();
    expect(await container.wait()).toMatchObject({ reason: "exited", code: 0 });
    expect(told.map(({ kind }) => kind)).toContain("stdio");
    expect(container.audit()).toMatchObject({ stdout: false });
  });
});

/** Imports are found by the names of their interfaces, whatever 0.2.x they ask for; 0.3 is another WASI. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { GUESTS } from "./component-case.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
});

afterAll(() => fixture.close());

/** A guest whose imports ask for a version whose name is as long as its own. */
async function guestOf(version: string, changed: string): Promise<Uint8Array> {
  const bytes = await readFile(join(GUESTS, `version-${version}.wasm`));
  return Buffer.from(bytes.toString("latin1").replaceAll(`@${version}`, `@${changed}`), "latin1");
}

it("a version that is newer than we know", async () => {
  const image = await fixture.engine.loadImage(await guestOf("0.2.12", "0.2.99"));
  const result = await fixture.engine.run(image, { args: ["argument"] });
  expect(result.stdout.toString()).toBe("file argument");
  expect(result.code).toBe(0);
});

it.each(["0.3.0", "0.1.0"])("%s is refused by name", async (version) => {
  const bytes = await guestOf("0.2.3", version);
  const ended = fixture.engine
    .loadImage(bytes)
    .then((image) => fixture.engine.run(image, { args: ["argument"] }));
  await expect(ended).rejects.toMatchObject({
    code: "ERR_COMPONENT_UNSUPPORTED",
    message: expect.stringContaining(`@${version}`) as string,
  });
});

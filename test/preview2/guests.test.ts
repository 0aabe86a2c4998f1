/** Guests that hold the host to the WIT of WASI 0.2, function by function. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { componentCases, GUESTS, runComponentCase } from "./component-case.js";

const cases = componentCases();
let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
});

afterAll(() => fixture.close());

describe.each(["host", "memory", "image"] as const)("over %s files", (over) => {
  it.each(cases.filter((guest) => guest.over.includes(over)))("$name", async (guest) => {
    const folder = join(fixture.folder, "roots");
    const { detail, ...expected } = guest.expect;
    const result = await runComponentCase(fixture.engine, guest, over, folder);
    expect(result).toEqual({
      ...expected,
      ...(detail === undefined ? undefined : { detail: expect.stringContaining(detail) as string }),
    });
  });
});

it("each source has its component and each component its source", () => {
  const built = readdirSync(GUESTS).filter((file) => file.endsWith(".wasm"));
  expect(built.sort()).toEqual(cases.map(({ name }) => `${name}.wasm`).sort());
});

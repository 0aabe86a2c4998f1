import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { type ComponentCase, type Over, runComponentCase } from "./component-case.js";

/** One test for each guest and each of `roots` that it is for. */
export function describeGuests(roots: readonly Over[], cases: readonly ComponentCase[]): void {
  let fixture: TestEngine;

  beforeAll(async () => {
    fixture = await openTestEngine({ workers: 1 });
  });

  afterAll(() => fixture.close());

  describe.each(roots)("over %s files", (over) => {
    it.each(cases.filter((guest) => guest.over.includes(over)))("$name", async (guest) => {
      const folder = join(fixture.folder, "roots");
      const { detail, ...expected } = guest.expect;
      const result = await runComponentCase(fixture.engine, guest, over, folder);
      expect(result).toEqual({
        ...expected,
        ...(detail === undefined
          ? undefined
          : { detail: expect.stringContaining(detail) as string }),
      });
    });
  });
}

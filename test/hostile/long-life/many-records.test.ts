/** What a container takes of the memory that all workers share comes back, however it ends. */
import { expect, test } from "vitest";
import { runProgram, withFolder } from "./run-program.js";

const TIMEOUT_MS = 300_000;
/** The boards shared with workers have 65,536 records. */
const MORE_THAN_RECORDS = "66000";

test.each([
  ["run", "runs"],
  ["container", "containers that are removed"],
  ["forgotten", "containers that are forgotten"],
])("%s: more %s than the shared boards have records", { timeout: TIMEOUT_MS }, async (kind) => {
  await withFolder(async (folder) => {
    const end = await runProgram("many-records", [kind, MORE_THAN_RECORDS, folder], TIMEOUT_MS);
    expect(end).toMatchObject({ code: 0, stderr: "" });
  });
});

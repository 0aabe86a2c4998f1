/** Containers that the app drops without a word are collected, with all that they held. */
import { expect, test } from "vitest";
import { runProgram, withFolder } from "./run-program.js";

const TIMEOUT_MS = 300_000;
const MB = 1e6;

test("10,000 containers created and forgotten are collected", { timeout: TIMEOUT_MS }, async () => {
  await withFolder(async (folder) => {
    const end = await runProgram("forgotten-containers", [folder], TIMEOUT_MS);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { heapGrown, layersAtMost, ...left } = end.message as Record<string, number>;
    expect(left).toEqual({ layers: 0, containers: 0, processes: 0, removed: 0, imageIsFree: true });
    expect(layersAtMost).toBeGreaterThan(0);
    // 10,000 containers would be 50 MB.
    expect(heapGrown).toBeLessThan(5 * MB);
  });
});

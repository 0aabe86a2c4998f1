/** Runs the guest that makes one call for each of its arguments. */
import { fileURLToPath } from "node:url";
import type { Engine, Image, RunOptions } from "safedock";
import { expect } from "vitest";

export function callsGuest(): string {
  return fileURLToPath(new URL("../../guests/c/tools/calls.wasm", import.meta.url));
}

/** Makes calls and compares their answers, both together, so that a difference shows the call. */
export async function expectCalls(
  engine: Engine,
  image: Image,
  pairs: readonly (readonly [call: string, answer: string])[],
  options: RunOptions,
): Promise<void> {
  const result = await engine.run(image, {
    rootfs: "none",
    limits: { timeoutMs: 60_000 },
    ...options,
    args: pairs.map(([call]) => call),
  });
  expect(result).toMatchObject({ code: 0, reason: "exited" });
  expect(result.stderr.toString()).toBe("");
  const answers = result.stdout.toString().trimEnd().split("\n");
  expect(pairs.map(([call], index) => [call, answers[index]])).toEqual(pairs);
}

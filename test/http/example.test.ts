import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("examples/calling-an-api.mjs runs", async () => {
  const example = fileURLToPath(new URL("../../examples/calling-an-api.mjs", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example]);
  expect(stdout).toContain('{"pears":3}');
  expect(stdout).toContain("ordered: 2 pears");
  expect(stdout.match(/HTTP-request-denied/g)).toHaveLength(3);
  expect(stdout).not.toContain("t0ps3cret");
  expect(stderr).toBe("");
});

/** The applications under examples/ that run components. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

async function outputOf(name: string): Promise<string> {
  const path = fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path]);
  expect(stderr).toBe("");
  return stdout;
}

it("a host of plugins goes on whatever its plugins do", async () => {
  const lines = (await outputOf("plugin-host")).split("\n");
  expect(lines.filter((line) => /→|✗/.test(line)).map((line) => line.slice(0, 60))).toEqual([
    "add → 42",
    "ask → Ada Lovelace",
    "ask ✗ 404",
    expect.stringContaining("add ✗ ERR_CALL_INVALID"),
    "acme:kinds/store#describe → settings holds 1",
    expect.stringContaining("trap ✗ ERR_CALL_TRAPPED"),
    expect.stringContaining("spin ✗ ERR_CALL_TRAPPED"),
    "add → 2",
  ]);
  expect(lines).toContain("  plugin info: found [ [ 'name', 'ada' ] ]");
});

it("a server of functions answers by components and by CGI", async () => {
  const text = await outputOf("function-server");
  expect(text).toContain("GET / → 200\n  Hello from a component!");
  expect(text).toMatch(/GET \/users\/7\/env\?full=yes → 200\n[^]*X_PARAM_ID=7/);
  expect(text).toContain("GET /tools/count → 200\n  1\nGET /tools/count → 200\n  2\n");
  expect(text).toContain("GET /nothing → 404");
  expect(text).toMatch(/^200 requests, an instance for each: \d+ ms$/m);
});

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** All that importing a file loads, by its static imports. */
async function loadedBy(entry: string): Promise<Set<string>> {
  const found = new Set<string>();
  const queue = [join(dist, entry)];
  for (const path of queue) {
    if (found.has(path)) continue;
    found.add(path);
    const source = await readFile(path, "utf8");
    const statements = source.matchAll(
      /^(?:import|export)\s(?:[\w$*{}\s,]+?\sfrom\s)?"([^"]+)";/gm,
    );
    for (const [, specifier = ""] of statements) {
      if (specifier.startsWith(".")) queue.push(join(path, "..", specifier));
      else found.add(specifier);
    }
  }
  return found;
}

it("safedock/oci loads nothing of the engine, and no HTTP client before the first call", async () => {
  const loaded = await loadedBy("client/index.js");
  const folders = new Set<string>();
  const packages: string[] = [];
  for (const path of loaded) {
    if (path.startsWith("/")) folders.add(relative(dist, path).split("/")[0] ?? "");
    else if (!path.startsWith("node:")) packages.push(path);
  }
  expect([...folders].toSorted()).toEqual([
    ...["base", "client", "content", "layout", "oci", "registry"],
  ]);
  expect(packages).toEqual([]);
  expect(loaded.has(join(dist, "registry/session.js"))).toBe(false);
});

it("safedock/oci is imported no slower than the whole library", async () => {
  const program = `
    const times = async (file) => {
      const before = performance.now();
      await import(file);
      return performance.now() - before;
    };
    console.log(await times(process.argv[1]));`;
  const time = async (name: string) => {
    const path = join(dist, "bundle", `${name}.js`);
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program, path]);
    return Number(stdout);
  };
  const best = { oci: Infinity, index: Infinity };
  for (let i = 0; i < 5; i++) {
    best.oci = Math.min(best.oci, await time("oci"));
    best.index = Math.min(best.index, await time("index"));
  }
  expect(best.oci).toBeLessThan(best.index);
});

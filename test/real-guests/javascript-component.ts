import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const sources = fileURLToPath(new URL("../guests/javascript/", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
/** Where they lie from one run of the tests to the next. */
const cache = join(modules, ".cache", "safedock-test-components");

/** How long making one may take, in ms: 10 s of work. */
export const BUILD_MS = 180_000;

/**
 * The path of the component made of `test/guests/javascript/<name>.js`. It is made when it is first asked for,
 * and again when its source, the way it is made or the engine in it has changed.
 */
export async function javascriptComponent(name: string): Promise<string> {
  const hash = createHash("sha256");
  const parts = [`${name}.js`, `${name}.wit`, "build.mjs"].map((file) => join(sources, file));
  parts.push(join(modules, "@bytecodealliance", "componentize-js", "package.json"));
  for (const path of parts) hash.update(await readFile(path));
  const file = `${name}-${hash.digest("hex").slice(0, 24)}.wasm`;
  await mkdir(cache, { recursive: true });
  const there = await readdir(cache);
  if (!there.includes(file)) {
    const made = join(cache, `${file}.${process.pid}`);
    const script = join(sources, "build.mjs");
    await promisify(execFile)(process.execPath, [script, name, made], { timeout: BUILD_MS });
    await rename(made, join(cache, file));
    const old = there.filter((other) => other.startsWith(`${name}-`) && other.endsWith(".wasm"));
    for (const other of old) await rm(join(cache, other), { force: true });
  }
  return join(cache, file);
}

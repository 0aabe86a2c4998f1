// The guests and folders that bench files work with.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const tools = new URL("../test/guests/c/tools/", import.meta.url);
const components = new URL("../test/guests/components/", import.meta.url);

/** The host path of a guest: a tool of the test suite, or `fib` of this folder. */
export function guestPath(name) {
  const folder = name === "fib" ? new URL("./guests/", import.meta.url) : tools;
  return fileURLToPath(new URL(`${name}.wasm`, folder));
}

/** The host path of a component: `hello`, `greet`, `real/readbench` … */
export const componentPath = (name) => fileURLToPath(new URL(`${name}.wasm`, components));

export const guestBytes = (name) => readFileSync(guestPath(name));

export const guestModule = (name) => new WebAssembly.Module(guestBytes(name));

/** A folder that is gone when the work is done or has failed. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "safedock-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An engine on an empty store, closed afterwards. */
export async function withEngine(work) {
  const { openEngine } = await import("safedock");
  return await withFolder(async (folder) => {
    const engine = await openEngine({ root: join(folder, "store") });
    try {
      return await work(engine, folder);
    } finally {
      await engine.close();
    }
  });
}

/** Where the transpiler, an optional dependency, is not installed. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openEngine } from "safedock";
import { afterEach, beforeEach, expect, test } from "vitest";

const GREET = fileURLToPath(new URL("../guests/components/greet.wasm", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder = "";
let store = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-without-"));
  store = join(folder, "store");
});
afterEach(() => rm(folder, { recursive: true }));

const SCRIPT = `
    const { openEngine } = await import(process.argv[1]);
    const engine = await openEngine({ root: process.argv[2] });
    try {
      const container = await engine.createContainer(await engine.loadImage(process.argv[3]));
      console.log(await container.call("greet", "Ada"));
    } catch (error) {
      console.log(error.code, error.hint ?? error.message);
    }
    await engine.close();
  `;

/** The library beside all that it depends on but the transpiler. */
async function installed(): Promise<string> {
  const modules = join(folder, "app", "node_modules");
  const own = join(modules, "safedock");
  await mkdir(own, { recursive: true });
  await cp(join(ROOT, "dist"), join(own, "dist"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(own, "package.json"));
  const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    const path = join(modules, name);
    await mkdir(join(path, ".."), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), path, "junction");
  }
  return join(own, "dist/index.js");
}

test("a component is refused with what to install, and one that is prepared is called", async () => {
  const library = await installed();
  const call = async () => {
    const args = ["--input-type=module", "-e", SCRIPT, library, store, GREET];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return stdout;
  };
  const refused = await call();
  expect(refused).toContain("ERR_COMPONENT_UNSUPPORTED");
  expect(refused).toContain("npm install @bytecodealliance/jco-transpile");
  await using engine = await openEngine({ root: store });
  await engine.loadImage(GREET, { prepare: true });
  expect(await call()).toBe("Hello, Ada!\n");
});

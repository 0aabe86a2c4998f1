// jco with preview2-shim: a component that is transpiled once, in-thread, a fresh instance and a fresh shim a run.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";

/** Gives `run(args?)`, which runs wasi:cli/run of the component at `path`; `folder` is for jco's files. */
export async function jco(path, folder, { preopens = {} } = {}) {
  const { files } = await transpile(readFileSync(path), {
    name: "component",
    instantiation: "sync",
  });
  for (const [name, bytes] of Object.entries(files)) {
    if (!name.includes("/")) writeFileSync(join(folder, name), bytes);
  }
  const script = join(folder, "component.mjs");
  writeFileSync(script, files["component.js"]);
  const { instantiate } = await import(pathToFileURL(script).href);
  const modules = new Map();
  const moduleOf = (name) => {
    if (!modules.has(name)) modules.set(name, new WebAssembly.Module(files[name]));
    return modules.get(name);
  };
  return {
    run(args = []) {
      const shim = new WASIShim({ sandbox: { preopens, env: {}, args: ["guest", ...args] } });
      instantiate(moduleOf, shim.getImportObject()).run.run();
    },
  };
}

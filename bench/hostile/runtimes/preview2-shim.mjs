// Transpiled ahead of time: what is measured is preview2-shim and jco's code, as an app would ship them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

export const can = ["mount", "env", "stdin", "args"];

/** Writes the component's JavaScript and core modules into a folder. */
export async function prepare({ wasm, folder }) {
  const { componentNew, preview1AdapterCommandPath, transpile } =
    await import("@bytecodealliance/jco");
  const adapter = readFileSync(await preview1AdapterCommandPath());
  const component = await componentNew(readFileSync(wasm), [["wasi_snapshot_preview1", adapter]]);
  const { files } = await transpile(component, {
    name: "probe",
    instantiation: { tag: "async" },
    optimize: false,
  });
  const entries = files instanceof Map ? files : Object.entries(files);
  for (const [name, bytes] of entries) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

export async function open({ prepared }) {
  const { WASIShim } = await import("@bytecodealliance/preview2-shim/instantiation");
  const { instantiate } = await import(pathToFileURL(join(prepared, "probe.js")).href);
  const getCore = (name) => WebAssembly.compile(readFileSync(join(prepared, name)));
  return {
    async run({ args, mount, noArguments, isEnvironmentUnset }) {
      const shim = new WASIShim({
        sandbox: {
          preopens: mount === undefined ? {} : { "/mnt": mount },
          ...(isEnvironmentUnset ? {} : { env: {} }),
          args: noArguments ? [] : ["probe", ...args],
          enableNetwork: false,
        },
      });
      const component = await instantiate(getCore, shim.getImportObject());
      component.run.run();
      return { code: 0 };
    },
    close() {},
  };
}

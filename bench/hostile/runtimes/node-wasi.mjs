import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

export const can = ["mount", "env", "stdin", "args"];

export async function open({ wasm }) {
  const module = await WebAssembly.compile(readFileSync(wasm));
  return {
    async run({ args, mount, noArguments }) {
      const preopens = mount === undefined ? {} : { "/mnt": mount };
      const wasi = new WASI({
        version: "preview1",
        args: noArguments ? [] : ["probe", ...args],
        preopens,
      });
      const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
      return { code: wasi.start(instance) };
    },
    close() {},
  };
}

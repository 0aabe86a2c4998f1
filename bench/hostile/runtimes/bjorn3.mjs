import { readFileSync } from "node:fs";
import { File, OpenFile, ConsoleStdout, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";

/** Its files are in memory. */
export const can = ["memory-mount", "env", "args"];

export async function open({ wasm }) {
  const module = await WebAssembly.compile(readFileSync(wasm));
  return {
    async run({ args, noArguments }) {
      const written = [];
      const own = new Map([["own", new File(Buffer.from("own"))]]);
      const descriptors = [
        new OpenFile(new File(new Uint8Array())),
        new ConsoleStdout((bytes) => written.push(Buffer.from(bytes))),
        new ConsoleStdout(() => {}),
        new PreopenDirectory("/mnt", own),
      ];
      const wasi = new WASI(noArguments ? [] : ["probe", ...args], [], descriptors, {
        debug: false,
      });
      const imports = { wasi_snapshot_preview1: wasi.wasiImport };
      const code = wasi.start(await WebAssembly.instantiate(module, imports));
      return { code, stdout: Buffer.concat(written) };
    },
    close() {},
  };
}

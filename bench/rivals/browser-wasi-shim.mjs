// @bjorn3/browser_wasi_shim: in-thread, pure JavaScript, files in memory.
import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";

/** Gives `run(args?)`; `files` is a tree of names to bytes or trees, preopened as `preopen`. */
export function browserWasiShim(module, { files = {}, preopen = "/", onStdout = () => {} } = {}) {
  const contents = new Map(
    Object.entries(files).map(([name, bytes]) => [name, new File(bytes, { readonly: true })]),
  );
  return {
    name: "bjorn3 shim",
    run(args = []) {
      const descriptors = [
        new OpenFile(new File(new Uint8Array())),
        new ConsoleStdout(onStdout),
        new ConsoleStdout(() => {}),
        new PreopenDirectory(preopen, contents),
      ];
      const wasi = new WASI(["guest", ...args], [], descriptors, { debug: false });
      const imports = { wasi_snapshot_preview1: wasi.wasiImport };
      return wasi.start(new WebAssembly.Instance(module, imports));
    },
    close() {},
  };
}

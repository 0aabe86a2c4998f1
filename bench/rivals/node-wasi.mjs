// node:wasi: in-thread, a fresh instance of a module that is compiled once.
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { WASI } from "node:wasi";

/** Gives `run(args?)`, which runs the module to its end and returns its exit code. */
export function nodeWasi(module, { preopens = {}, stdout } = {}) {
  const fd = stdout ?? openSync(devNull, "w");
  return {
    name: "node:wasi",
    run(args = []) {
      const wasi = new WASI({
        version: "preview1",
        args: ["guest", ...args],
        env: {},
        preopens,
        stdout: fd,
        returnOnExit: true,
      });
      return wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
    },
    close: () => (stdout === undefined ? closeSync(fd) : undefined),
  };
}

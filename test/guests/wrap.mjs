// Wraps programs of WASI preview 1 into components of wasi:cli/command, by jco's adapter.
//
// usage: node wrap.mjs <folder> <module.wasm> ...      each becomes <folder>/<its name>.wasm
//
// The adapter is Wasmtime's, and comes with jco; what holds it is made by the tests, never checked in.
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const adapter = await readFile(
  new URL(
    "../../node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm",
    import.meta.url,
  ),
);
const [folder, ...modules] = process.argv.slice(2);
for (const path of modules) {
  const component = await componentNew(await readFile(path), [["wasi_snapshot_preview1", adapter]]);
  await writeFile(join(folder, basename(path)), component);
}

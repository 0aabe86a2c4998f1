// Makes a component of JavaScript of this folder: <name>.js and its world, <name>.wit.
//
// usage: node build.mjs <name> <out.wasm>
//
// Such a component holds a whole engine (StarlingMonkey, 12 MB), so none is checked in: the tests make them.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";

/** Of what wasi:http is made, and the packages that their worlds name. */
const PACKAGES = ["io", "clocks", "random", "cli", "filesystem", "sockets", "http"];
const packagesFolder = new URL(
  "../../../node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12/",
  import.meta.url,
);

const [name, out] = process.argv.slice(2);
const source = await readFile(join(import.meta.dirname, `${name}.js`), "utf8");
let world = await readFile(join(import.meta.dirname, `${name}.wit`), "utf8");
if (world.includes("wasi:http/")) {
  for (const one of PACKAGES) world += nested(await wit(one));
}
const { component } = await componentize(source, {
  sourceName: `${name}.js`,
  witWorld: world,
  worldName: name,
});
await writeFile(out, component);

async function wit(one) {
  return await readFile(new URL(`wasi-${one}/package.wit`, packagesFolder), "utf8");
}

/** A package as it may stand inside another's text; wasi:http in the version that the engine has. */
function nested(text) {
  const inside = text.replace(/^(package [^;]*);/m, "\n$1 {");
  return `${inside.replace("wasi:http@0.2.12", "wasi:http@0.2.10")}}\n`;
}

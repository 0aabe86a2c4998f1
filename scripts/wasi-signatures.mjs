// Writes src/component/wasi-signatures.ts: what the functions of WASI 0.2 take and give, from its packages' WIT.
//
// usage: node scripts/wasi-signatures.mjs [--json]     after a build; the WIT is that of @bytecodealliance/jco,
// a dev dependency. With --json, prints them and writes nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { TypeDigests, withoutVersion } from "../dist/component/type-digest.js";
import { readWorldTypes } from "../dist/wasm/world/read-world-types.js";

const VERSION = "0.2.12";
const PACKAGES = ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"];
const require = createRequire(import.meta.url);
const jco = dirname(dirname(require.resolve("@bytecodealliance/jco")));

/** A package as it may stand inside another's text. */
function nested(name) {
  const file = join(jco, "lib/wit/builtin", VERSION, `wasi-${name}`, "package.wit");
  const text = readFileSync(file, "utf8");
  return `${text.replace(/^(package [^;]*);/m, "$1 {")}}\n`;
}

function worldOfAll(packages) {
  const imports = PACKAGES.flatMap((name, index) =>
    [...packages[index].matchAll(/^(@unstable\(.*\)\n)?interface ([a-z0-9-]+) \{/gm)]
      .filter(([, unstable]) => unstable === undefined)
      .map(([, , each]) => `  import wasi:${name}/${each}@${VERSION};`),
  );
  return `package all:wasi;\n\nworld all {\n${imports.join("\n")}\n}\n\n${packages.join("\n")}`;
}

/** `[interface#function, digest]`, in the order of their names. */
async function signatures() {
  const witSource = worldOfAll(PACKAGES.map(nested));
  const core = await componentEmbed({ dummy: true, witSource, worldName: "all" });
  const world = readWorldTypes(await componentNew(core, []));
  const digests = new TypeDigests(world);
  const found = world.imports.flatMap(({ name, functions }) =>
    functions.map((each) => [`${withoutVersion(name)}#${each.name}`, digests.ofFunction(each)]),
  );
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

const found = await signatures();
if (process.argv.includes("--json")) {
  process.stdout.write(JSON.stringify(found));
} else {
  const lines = found.map(([name, text]) => `  ["${name}", "${text}"],\n`);
  writeFileSync(
    new URL("../src/component/wasi-signatures.ts", import.meta.url),
    "// Written by scripts/wasi-signatures.mjs.\n" +
      "/** The functions of WASI 0.2, and what {@link TypeDigests} says of each. */\n" +
      `export const WASI_SIGNATURES: ReadonlyMap<string, string> = new Map([\n${lines.join("")}]);\n`,
  );
}

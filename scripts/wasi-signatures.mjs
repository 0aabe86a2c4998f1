// Writes src/component/wasi-signatures.ts: what the functions of WASI take and give, from its packages' WIT.
//
// usage: node scripts/wasi-signatures.mjs [--json]     after a build; the WIT of WASI 0.2 is that of
// @bytecodealliance/jco, a dev dependency, the drafts' is wasi-drafts.wit. With --json, prints them and writes nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { TypeDigests, withoutVersion } from "../dist/component/type-digest.js";
import { readWorldTypes } from "../dist/wasm/world/read-world-types.js";

const VERSION = "0.2.12";
const PACKAGES = ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"];
/** What of it is not stable yet, and is provided. */
const FEATURES = ["network-error-code", "informational-outbound-responses"];
const require = createRequire(import.meta.url);
const jco = dirname(dirname(require.resolve("@bytecodealliance/jco")));

/** A package as it may stand inside another's text. */
function nested(name) {
  const file = join(jco, "lib/wit/builtin", VERSION, `wasi-${name}`, "package.wit");
  const text = readFileSync(file, "utf8");
  return `${text.replace(/^(package [^;]*);/m, "$1 {")}}\n`;
}

/** A world that imports every interface of the packages, but for those that are not stable yet. */
function worldOfAll(packages) {
  const imports = [];
  for (const text of packages) {
    const [, name, version] = /^package ([^@]+)@(\S+) \{/.exec(text);
    for (const [, unstable, each] of text.matchAll(
      /^ *(@unstable\(.*\)\n)?interface ([a-z0-9-]+) \{/gm,
    )) {
      if (unstable === undefined) imports.push(`  import ${name}/${each}@${version};`);
    }
  }
  return `package all:wasi;\n\nworld all {\n${imports.join("\n")}\n}\n\n${packages.join("\n")}`;
}

function drafts() {
  const text = readFileSync(new URL("./wasi-drafts.wit", import.meta.url), "utf8");
  return [...text.matchAll(/^package [^;{]+ \{\n.*?^\}\n/gms)].map(([each]) => each);
}

/** `[interface#function, digests]`, in the order of their names. */
async function signatures() {
  const witSource = worldOfAll([...PACKAGES.map(nested), ...drafts()]);
  const core = await componentEmbed({
    dummy: true,
    witSource,
    worldName: "all",
    features: { tag: "list", val: FEATURES },
  });
  const world = readWorldTypes(await componentNew(core, []));
  const digests = new TypeDigests(world);
  const found = new Map();
  for (const { name, functions } of world.imports) {
    for (const each of functions) {
      const key = `${withoutVersion(name)}#${each.name}`;
      found.set(key, (found.get(key) ?? new Set()).add(digests.ofFunction(each)));
    }
  }
  return [...found]
    .map(([name, texts]) => [name, [...texts].sort((a, b) => (a < b ? -1 : 1)).join(" ")])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const found = await signatures();
if (process.argv.includes("--json")) {
  process.stdout.write(JSON.stringify(found));
} else {
  const lines = found.map(([name, text]) => `  ["${name}", "${text}"],\n`);
  writeFileSync(
    new URL("../src/component/wasi-signatures.ts", import.meta.url),
    "// Written by scripts/wasi-signatures.mjs.\n" +
      "/** The functions of WASI 0.2 and of drafts, and what {@link TypeDigests} says of each; several where versions differ. */\n" +
      `export const WASI_SIGNATURES: ReadonlyMap<string, string> = new Map([\n${lines.join("")}]);\n`,
  );
}

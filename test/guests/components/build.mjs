// Compiles the components of this folder, each to a small .wasm beside its source. `npm test` never needs it.
//
// usage: JCO=<folder> node build.mjs [real/file.c ...]     all sources without arguments
//
// JCO names a folder in which `npm install @bytecodealliance/jco` was run: the adapters are read from it.
// Debian: apt-get install clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32. CLANG names the compiler.
//
// The first lines of a source may say, as `// key: value`:
//   adapter: command | reactor     jco's adapter for a program of wasi_snapshot_preview1
//   build: …                       more arguments for the compiler
//   wit: …                         its world's text, if it is not <name>.wit
//   world: …                       the world of <name>.wit, if it has several
//   wasi: io cli …                 packages of WASI 0.2 that <name>.wit uses, as jco brings them
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const here = import.meta.dirname;
const compiler = process.env.CLANG ?? "clang-14";
const temporary = mkdtempSync(join(tmpdir(), "components-"));

function ofJco(path) {
  if (process.env.JCO === undefined) throw new Error("JCO must name a folder with jco installed");
  return readFileSync(join(process.env.JCO, "node_modules/@bytecodealliance/jco/lib", path));
}

function adapters(kind) {
  if (kind === undefined) return [];
  return [["wasi_snapshot_preview1", ofJco(`wasi_snapshot_preview1.${kind}.wasm`)]];
}

/** A package of WASI as it may stand inside another's text. */
function nested(name) {
  const text = ofJco(`wit/builtin/0.2.12/wasi-${name}/package.wit`).toString();
  return `${text.replace(/^(package [^;]*);/m, "$1 {")}}\n`;
}

function compile(source, extra) {
  const out = join(temporary, "core.wasm");
  const flags = ["--target=wasm32-wasi", "--sysroot=/usr", "-std=gnu11", "-O2"];
  const strict = ["-Wall", "-Wextra", "-Werror", "-Wl,--strip-all", "-Wl,--gc-sections"];
  execFileSync(compiler, [...flags, ...strict, "-o", out, source, ...extra], { stdio: "inherit", cwd: here });
  return readFileSync(out);
}

async function build(source) {
  const head = new Map(
    readFileSync(source, "utf8")
      .split("\n")
      .map((line) => /^\/\/ (adapter|build|wasi|wit|world): (.*)$/.exec(line))
      .filter((found) => found !== null)
      .map(([, key, value]) => [key, value]),
  );
  let core = compile(source, head.get("build")?.split(" ") ?? []);
  const wit = head.has("wit") ? join(dirname(source), head.get("wit")) : source.replace(/\.(c|rs)$/, ".wit");
  if (existsSync(wit)) {
    const world = head.get("world");
    const named = world === undefined ? {} : { world };
    const used = head.get("wasi")?.split(" ") ?? [];
    const witSource = [readFileSync(wit, "utf8"), ...used.map(nested)].join("\n");
    core = await componentEmbed({ binary: core, witSource, ...named });
  }
  const component = await componentNew(core, adapters(head.get("adapter")));
  const out = source.replace(/\.c$/, ".wasm");
  writeFileSync(out, component, { mode: 0o644 });
  console.log(`${out} ${component.length}`);
}

const named = process.argv.slice(2);
const sources = readdirSync(here, { recursive: true }).filter((name) => name.endsWith(".c"));
try {
  for (const source of named.length > 0 ? named : sources) await build(resolve(here, source));
} finally {
  rmSync(temporary, { recursive: true });
}

// Compiles the components of this folder, each to a small .wasm beside its source. `npm test` never needs it.
//
// usage: JCO=<folder> node build.mjs [real/file ...]     all sources without arguments
//
// JCO names a folder in which `npm install @bytecodealliance/jco` was run: the adapters are read from it.
// Debian: apt-get install clang-14 lld-14 llvm-14 wasi-libc libclang-rt-14-dev-wasm32 rustc libstd-rust-dev-wasm32.
// CLANG, RUSTC and NM name other tools.
//
// The first lines of a source may say, as `// key: value`:
//   adapter: command | reactor     jco's adapter for a program of wasi_snapshot_preview1
//   build: …                       more arguments for the compiler
//   wit: …                         its world's text, if it is not <name>.wit
//   world: …                       the world of <name>.wit, if it has several
//   wasi: io cli …                 packages of WASI 0.2 that <name>.wit uses, as jco brings them
//   version: 0.2.0                 of WASI, in place of the newest
//   features: …                    of WASI that are not stable yet
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const here = import.meta.dirname;
const compiler = process.env.CLANG ?? "clang-14";
const rustc = process.env.RUSTC ?? "/usr/bin/rustc";
const nm = process.env.NM ?? "llvm-nm-14";
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

const flags = [
  "--target=wasm32-wasi",
  "--sysroot=/usr",
  "-std=gnu11",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
];
const run = (program, args) => execFileSync(program, args, { stdio: "inherit", cwd: here });

function compile(source, extra) {
  const out = join(temporary, "core.wasm");
  if (source.endsWith(".rs")) compileRust(source, extra, out);
  else
    run(compiler, [...flags, "-Wl,--strip-all", "-Wl,--gc-sections", "-o", out, source, ...extra]);
  return readFileSync(out);
}

/** Rust's standard library has names of its own for the functions of preview 1: they become others for those of wasip1.c. */
function compileRust(source, extra, out) {
  const ours = join(temporary, "wasip1.o");
  const names = join(temporary, "names.c");
  const wasip1 = resolve(here, "real/wasip1.c");
  const libraries = "/usr/lib/rustlib/wasm32-wasi/lib";
  const library = readdirSync(libraries).find((name) => /^libwasi-.*\.rlib$/.test(name));
  const symbols = execFileSync(nm, [join(libraries, library)], {
    stdio: ["ignore", "pipe", "ignore"],
  }).toString();
  const lines = [`#include "${wasip1}"`];
  for (const [, name] of readFileSync(wasip1, "utf8").matchAll(
    /^(?:int32_t|_Noreturn void) P1\((\w+)\)\(/gm,
  )) {
    const mangled = new RegExp(`\\b_ZN\\w*preview1${name.length}${name}17h\\w+E\\b`).exec(
      symbols,
    )?.[0];
    if (mangled === undefined) continue;
    lines.push(
      `__typeof(P1(${name})) rust_${name} __asm__("${mangled}") __attribute__((alias("__imported_wasi_snapshot_preview1_${name}")));`,
    );
  }
  writeFileSync(names, `${lines.join("\n")}\n`);
  run(compiler, [...flags, "-c", "-o", ours, names]);
  const linked = ["-C", "linker=wasm-ld-14", "-C", `link-arg=${ours}`];
  const small =
    "-C opt-level=s -C lto=fat -C codegen-units=1 -C panic=abort -C strip=symbols -D warnings".split(
      " ",
    );
  run(rustc, [
    "--edition",
    "2021",
    "--target",
    "wasm32-wasi",
    ...linked,
    ...small,
    "--remap-path-prefix",
    `${here}=.`,
    ...extra,
    "-o",
    out,
    source,
  ]);
}

async function build(source) {
  const head = new Map(
    readFileSync(source, "utf8")
      .split("\n")
      .map((line) => /^\/\/ (adapter|build|features|version|wasi|wit|world): (.*)$/.exec(line))
      .filter((found) => found !== null)
      .map(([, key, value]) => [key, value]),
  );
  let core = compile(source, head.get("build")?.split(" ") ?? []);
  const wit = head.has("wit")
    ? join(dirname(source), head.get("wit"))
    : source.replace(/\.(c|rs)$/, ".wit");
  if (existsSync(wit)) {
    const world = head.get("world");
    const named = world === undefined ? {} : { world };
    const used = head.get("wasi")?.split(" ") ?? [];
    const newest = [readFileSync(wit, "utf8"), ...used.map(nested)].join("\n");
    const witSource = newest.replaceAll("@0.2.12", `@${head.get("version") ?? "0.2.12"}`);
    const features = { tag: "list", val: head.get("features")?.split(" ") ?? [] };
    core = await componentEmbed({ binary: core, witSource, features, ...named });
  }
  const component = await componentNew(core, adapters(head.get("adapter")));
  const out = source.replace(/\.(c|rs)$/, ".wasm");
  writeFileSync(out, component, { mode: 0o644 });
  console.log(`${out} ${component.length}`);
}

const named = process.argv.slice(2);
const sources = readdirSync(here, { recursive: true }).filter(
  (name) => /\.(c|rs)$/.test(name) && !name.endsWith("wasip1.c"),
);
try {
  for (const source of named.length > 0 ? named : sources) await build(resolve(here, source));
} finally {
  rmSync(temporary, { recursive: true });
}

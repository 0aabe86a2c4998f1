// Bundles the compiled files: a process that imports Safedock, and each worker, loads a few files in place
// of 150 (see RATIONALE.md). All bundles lie in one folder, so that `new URL("./worker-main.cjs",
// import.meta.url)` finds the worker from any of them.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, transform } from "esbuild";
import { rollup } from "rollup";

const banner = "/*! Holds eventemitter3 (MIT), Copyright (c) 2014 Arnout Kazemier */";
/** Dependencies that the package has for itself, loaded when they are needed. */
const external = [
  "undici",
  "tar-stream",
  "fzstd",
  "@sigstore/bundle",
  "@sigstore/verify",
  "@bytecodealliance/jco-transpile",
];
const EVENTS = "eventemitter3";
const WORKER = "worker-main";

/** Writes everything that is shipped from `dist` into `folder`. */
export async function writeBundles(dist, folder) {
  rmSync(folder, { recursive: true, force: true });
  await writeLibrary(dist, folder);
  const options = {
    outdir: folder,
    bundle: true,
    external,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: { js: banner },
    sourcemap: true,
  };
  await writeWorker(dist, folder);
  await build({
    ...options,
    entryPoints: {
      "outline-worker": join(dist, "engine", "outline-worker.js"),
      "world-worker": join(dist, "image", "world-worker.js"),
      "transpile-worker": join(dist, "component", "transpile-worker.js"),
    },
  });
}

/**
 * The library's entries. What `import "safedock"` always needs is one file, with another one for what
 * `safedock/oci` needs as well; the rest is split by what loads it later.
 */
async function writeLibrary(dist, folder) {
  const index = join(dist, "index.js");
  const oci = join(dist, "client", "index.js");
  const testing = join(dist, "testing", "index.js");
  const bundles = await rollup({
    input: { index, oci, testing },
    external: [/^node:/, ...external],
    plugins: [compiled(await eventsAsModule())],
    onwarn({ code, message }) {
      // The compiler's helper for `await using` asks for a global one first.
      if (code !== "THIS_IS_UNDEFINED") throw new Error(message);
    },
  });
  const closures = new Map();
  await bundles.write({
    dir: folder,
    format: "es",
    banner,
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    hoistTransitiveImports: false,
    manualChunks(id, { getModuleInfo }) {
      for (const entry of [index, oci]) {
        if (!closures.has(entry)) closures.set(entry, closureOf(entry, getModuleInfo));
      }
      if (!closures.get(index).has(id)) return undefined;
      return closures.get(oci).has(id) ? "shared" : "core";
    },
  });
  await bundles.close();
}

/**
 * The worker that guests run on, as CommonJS: Node starts a thread without its loader of modules 3 ms sooner.
 * Its first file is small, and loads the others with V8's code of them. What components need is a file of its own,
 * which a worker that runs none does not read.
 */
async function writeWorker(dist, folder) {
  const boot = join(dist, "guest", "worker-boot.js");
  await writeCommonJs({ [WORKER]: boot }, folder);
  await writeCommonJs({ "worker-kernel": join(dist, "guest", "worker-loop.js") }, folder);
}

async function writeCommonJs(input, folder) {
  const bundles = await rollup({
    input,
    external: [/^node:/],
    // What components need takes more of the entry than it gives to others.
    preserveEntrySignatures: "allow-extension",
    plugins: [compiled(await eventsAsModule())],
  });
  await bundles.write({
    dir: folder,
    format: "cjs",
    banner,
    sourcemap: true,
    entryFileNames: "[name].cjs",
    chunkFileNames: "worker-[name].cjs",
  });
  await bundles.close();
}

/** All modules that an entry loads at once. */
function closureOf(entry, getModuleInfo) {
  const found = new Set();
  const queue = [entry];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const info = getModuleInfo(id);
    if (found.has(id) || info === null || info.isExternal) continue;
    found.add(id);
    queue.push(...info.importedIds);
  }
  return found;
}

/** Gives Rollup the compiled files with their source maps, and the events library as a module. */
function compiled(events) {
  return {
    name: "compiled",
    resolveId: (source) => (source === EVENTS ? EVENTS : null),
    load(id) {
      if (id === EVENTS) return events;
      const map = readFileSync(`${id}.map`, "utf8");
      const code = readFileSync(id, "utf8").replace(`"./${WORKER}.js"`, `"./${WORKER}.cjs"`);
      return { code, map };
    },
    resolveImportMeta: (property) => (property === "dirname" ? "__dirname" : null),
    // Without comments and indentation there is half as much to read: 1 ms of each import.
    renderChunk: (code) =>
      transform(code, { sourcemap: "external", target: "node20", minifyWhitespace: true }),
  };
}

async function eventsAsModule() {
  const { outputFiles } = await build({
    entryPoints: [EVENTS],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return outputFiles[0].text;
}

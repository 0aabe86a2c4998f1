// Compiles src/ to dist/, file by file, then bundles what is shipped into dist/bundle/: a process that
// imports Safedock, and each worker, loads a few files in place of 150 (see RATIONALE.md). All bundles lie
// in one folder, so that `new URL("./worker-main.js", import.meta.url)` finds the worker from any of them.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const bundle = join(dist, "bundle");
const outputs = /\.(?:d\.ts|js|js\.map)$/;

/** Removes what has no source any more: a renamed file must not be packed. */
function removeStale() {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !outputs.test(entry.name) || path.startsWith(bundle)) continue;
    const source = join(root, "src", relative(dist, path).replace(outputs, ".ts"));
    if (!existsSync(source)) rmSync(path);
  }
}

async function writeBundles() {
  rmSync(bundle, { recursive: true, force: true });
  const options = {
    bundle: true,
    outdir: bundle,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["undici", "tar-stream", "fzstd", "@sigstore/bundle", "@sigstore/verify"],
    banner: { js: "/*! Holds eventemitter3 (MIT), Copyright (c) 2014 Arnout Kazemier */" },
    sourcemap: true,
  };
  await build({
    ...options,
    entryPoints: {
      index: join(dist, "index.js"),
      oci: join(dist, "client", "index.js"),
      testing: join(dist, "testing", "index.js"),
    },
    splitting: true,
  });
  await build({
    ...options,
    entryPoints: { "worker-main": join(dist, "guest", "worker-main.js") },
  });
}

const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
removeStale();
await writeBundles();
process.exitCode = status ?? 1;

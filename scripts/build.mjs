// Compiles src/ to dist/, file by file, then bundles what is shipped into dist/bundle/.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { writeBundles } from "./bundle.mjs";

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

const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
removeStale();
await writeBundles(dist, bundle);
process.exitCode = status ?? 1;

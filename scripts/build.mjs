// Compiles src/ to dist/, then removes what has no source any more: a renamed file must not be packed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const outputs = /\.(?:d\.ts|js|js\.map)$/;

const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !outputs.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const source = join(root, "src", relative(dist, path).replace(outputs, ".ts"));
  if (!existsSync(source)) rmSync(path);
}

process.exitCode = status ?? 1;

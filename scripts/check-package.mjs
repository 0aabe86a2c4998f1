// Packs the package and looks at the tarball as its users get it: what is in it, how its exports
// resolve, and that no source file or dependency is left unused.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const allowed =
  /^(?:package\.json|(?:grants|limits)\.schema\.json|README\.md|SECURITY\.md|CHANGELOG\.md|LICENSE|docs\/.+\.md|bindings\/(?:c|rust)\/[a-z_]+\.(?:h|rs)|dist\/.+\.d\.ts|dist\/bundle\/.+\.c?js(?:\.map)?)$/;

const folder = mkdtempSync(join(tmpdir(), "safedock-pack-"));
const failed = [];

function run(name, args) {
  const { status } = spawnSync("npx", ["--no-install", name, ...args], { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}

try {
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const tarball = join(folder, packed.filename);
  const strays = packed.files.map((file) => file.path).filter((path) => !allowed.test(path));
  if (strays.length > 0) {
    console.error(`the package must not hold:\n  ${strays.join("\n  ")}`);
    failed.push("contents");
  }
  console.log(`${packed.filename}: ${packed.files.length} files, ${packed.size} bytes packed`);
  run("publint", ["run", tarball, "--strict"]);
  run("attw", [tarball, "--profile", "esm-only"]);
  run("knip", []);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (failed.length > 0) {
  console.error(`package checks failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian packages that tests use, and the command by which one sees that a package is there. */
const COMMANDS = {
  "docker-registry": "docker-registry",
  skopeo: "skopeo",
  umoci: "umoci",
  buildah: "buildah",
  containerd: "containerd",
  "apache2-utils": "htpasswd",
  openssl: "openssl",
  python3: "python3",
  "libarchive-tools": "bsdtar",
  "redis-server": "redis-server",
} as const;

export type DebianPackage = keyof typeof COMMANDS;

/** Longest wait for apt-get, in milliseconds: buildah brings 60 MB. */
const INSTALL_TIMEOUT_MS = 300_000;

/**
 * Makes sure that packages are there. What is missing is installed where we may (root, apt-get), by one
 * test process at a time; otherwise this throws with a line that names the packages.
 */
export async function requirePackages(packages: readonly DebianPackage[]): Promise<void> {
  if ((await missingOf(packages)).length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (await isOnPath("apt-get")) && (await isOnPath("flock"))) await install(packages);
  const missing = await missingOf(packages);
  if (missing.length > 0) {
    throw new Error(`These tests need: apt-get install ${missing.join(" ")}`);
  }
}

async function install(packages: readonly DebianPackage[]): Promise<void> {
  const commands = packages.map((name) => COMMANDS[name]).join(" ");
  // Looks again once it has the lock: another process may have installed them meanwhile. The kernel
  // gives the lock back however the holder ends.
  const script = `for command in ${commands}; do
      command -v "$command" >/dev/null || missing=yes
    done
    [ -z "$missing" ] || { apt-get update -q &&
      apt-get install -q -y --no-install-recommends ${packages.join(" ")}; }`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const lock = join(tmpdir(), "safedock-test-apt.lock");
  try {
    await run("flock", [lock, "sh", "-c", script], {
      env,
      timeout: INSTALL_TIMEOUT_MS,
      maxBuffer: 16 * 2 ** 20,
    });
  } catch (error) {
    throw new Error(`These tests need: apt-get install ${packages.join(" ")}`, { cause: error });
  }
}

async function missingOf(packages: readonly DebianPackage[]): Promise<DebianPackage[]> {
  const found = await Promise.all(packages.map((name) => isOnPath(COMMANDS[name])));
  return packages.filter((_, i) => !(found[i] ?? false));
}

async function isOnPath(command: string): Promise<boolean> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  for (const folder of folders) {
    try {
      await access(join(folder, command), constants.X_OK);
      return true;
    } catch {
      // Looked for in the next folder.
    }
  }
  return false;
}

/** Gives the whole run a temporary folder of its own, and fails it when a test leaves something there. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The lock of apt-get stays: removing a lock that another process waits for would give it away. */
const KEPT = new Set(["safedock-test-apt.lock"]);

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "safedock-tests-"));
  // Some tests act as an ordinary user, who must get through.
  chmodSync(folder, 0o755);
  // Test processes inherit it.
  process.env["TMPDIR"] = folder;

  return function teardown() {
    const left = readdirSync(folder).filter(
      (name) => name.startsWith("safedock-") && !KEPT.has(name),
    );
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`tests left behind: ${left.join(", ")}`);
  };
}

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeTree } from "../../src/base/remove-tree.js";

/** Makes directories within each other, with a file in each. */
function makeDeep(folder: string, name: string, depth: number): void {
  let fd = fs.openSync(folder, fs.constants.O_DIRECTORY);
  for (let level = 0; level < depth; level++) {
    const child = `/proc/self/fd/${fd}/${name}`;
    fs.mkdirSync(child);
    fs.writeFileSync(`/proc/self/fd/${fd}/file`, "x");
    const next = fs.openSync(child, fs.constants.O_DIRECTORY);
    fs.closeSync(fd);
    fd = next;
  }
  fs.closeSync(fd);
}

test.runIf(process.platform === "linux")("a tree deeper than any path is removed", async () => {
  const base = fs.mkdtempSync(join(tmpdir(), "safedock-deep-"));
  const folder = join(base, "folder");
  fs.mkdirSync(folder);
  makeDeep(folder, "d".repeat(50), 150);
  makeDeep(folder, "e".repeat(20), 300);
  fs.symlinkSync(base, join(folder, "link"));
  await removeTree(folder);
  expect(fs.readdirSync(base)).toEqual([]);
  await removeTree(folder);
  fs.rmdirSync(base);
});

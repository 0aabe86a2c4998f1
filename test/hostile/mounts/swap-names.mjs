/**
 * A program of the host that swaps `a` and `a/b` below a folder for links that lead out of it, as fast as
 * it can, until it is killed.
 *
 *     node swap-names.mjs FOLDER KINDS
 */
import { renameSync } from "node:fs";

const [, , folder, kinds] = process.argv;

function move(from, to) {
  try {
    renameSync(`${folder}/${from}`, `${folder}/${to}`);
  } catch (error) {
    // The guest puts things back as well, so a name may be missing for a moment.
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
  }
}

function swap(name, aside, link) {
  move(name, aside);
  move(link, name);
  move(name, link);
  move(aside, name);
}

process.stdout.write("swapping\n");
for (let kind = 0; ; kind = (kind + 1) % Number(kinds)) {
  swap("a", ".a-real", `.a-link-${kind}`);
  swap("a/b", "a/.b-real", `a/.b-link-${kind}`);
}

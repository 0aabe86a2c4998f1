/** What lies outside of a mount, and whether a guest has touched it. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * All below a folder, and the folder: names, inodes, modes, sizes, links, times and contents. Only the time
 * of the last reading is left out, which this itself changes.
 */
export function snapshotOf(folder: string): readonly string[] {
  const lines: string[] = [];
  const visit = (path: string, name: string) => {
    const stat = lstatSync(path, { bigint: true });
    const content = stat.isFile()
      ? readFileSync(path).subarray(0, 64).toString("latin1")
      : stat.isSymbolicLink()
        ? readlinkSync(path)
        : "";
    const { ino, mode, nlink, size, mtimeNs, ctimeNs } = stat;
    lines.push([name, ino, mode, nlink, size, mtimeNs, ctimeNs, content].join(" "));
    if (!stat.isDirectory()) return;
    for (const child of readdirSync(path).toSorted()) visit(join(path, child), `${name}/${child}`);
  };
  visit(folder, ".");
  return lines;
}

/** Paths of all symbolic links below a folder. None is followed, which `readdir` with `recursive` may do. */
export function linksIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) return [path];
    return entry.isDirectory() ? linksIn(path) : [];
  });
}

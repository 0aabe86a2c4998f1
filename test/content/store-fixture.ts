import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** A folder that is gone when the test is over. */
export interface TemporaryRoot extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryRoot(): Promise<TemporaryRoot> {
  const path = await mkdtemp(join(tmpdir(), "safedock-store-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** All files and folders below `root` with the files' sizes and contents' beginnings: what must not change. */
export async function listing(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = found.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (entry.isDirectory()) return `${name}/`;
    const bytes = await readFile(path);
    return `${name} ${bytes.byteLength} ${bytes.subarray(0, 32).toString("hex")}`;
  });
  return (await Promise.all(lines)).toSorted();
}

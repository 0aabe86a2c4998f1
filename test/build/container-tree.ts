import type { Container } from "safedock";

/** All that a container shows, by path: "directory", "-> target" or the content. */
export async function treeOf(container: Container): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (folder: string): Promise<void> => {
    for (const name of (await container.fs.readdir(folder)).toSorted()) {
      const path = `${folder}/${name}`;
      const target = await container.fs.readlink(path).catch(() => undefined);
      if (target !== undefined) {
        found.set(path, `-> ${target}`);
        continue;
      }
      const { type, mtimeMs } = await container.fs.stat(path);
      if (type === "directory") {
        found.set(path, "directory");
        await walk(path);
      } else {
        found.set(
          path,
          `${Math.trunc(mtimeMs)} ${(await container.fs.readFile(path)).toString("latin1")}`,
        );
      }
    }
  };
  await walk("");
  return found;
}

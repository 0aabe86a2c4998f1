import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { TemporaryFolder } from "../content/temporary-folder.js";

/** Where an engine keeps its files when the app does not say: as the XDG base directories have it. */
export function defaultRoot(): string {
  const { SAFEDOCK_ROOT, XDG_DATA_HOME } = process.env;
  if (SAFEDOCK_ROOT !== undefined && SAFEDOCK_ROOT !== "") return SAFEDOCK_ROOT;
  const data =
    XDG_DATA_HOME?.startsWith("/") === true ? XDG_DATA_HOME : join(homedir(), ".local", "share");
  return join(data, "safedock");
}

/**
 * A name for the writable layers of this engine. Those of processes that have died are removed; the
 * folder itself is made by the first write of a guest.
 */
export async function layersFolder(root: string): Promise<string> {
  const all = join(root, "containers");
  await mkdir(all, { recursive: true, mode: 0o700 });
  return (await TemporaryFolder.open(all)).newPath();
}

/** Removes the writable layers of processes that have died. */
export async function sweepLayers(root: string): Promise<void> {
  await TemporaryFolder.open(join(root, "containers"));
}

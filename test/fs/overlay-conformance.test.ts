import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openNamespace } from "../../src/fs/namespace.js";
import { createWritableBoard } from "../../src/fs/writable-board.js";
import type { WritableLayer } from "../../src/mount.js";
import { filesystemConformance, openDirectory } from "./conformance.js";
import { makeImage } from "./image-fixture.js";

const image = makeImage({ "/work": undefined, "/other/file": "x" });
afterAll(() => image.remove());
const board = createWritableBoard();
const now = () => BigInt(Date.now()) * 1_000_000n;
const quota = { maxBytes: 2 ** 24, maxFiles: 1000 };
let made = 0;

function conform(name: string, writable: () => WritableLayer, path?: string): void {
  filesystemConformance(name, () => {
    const layer = writable();
    const namespace = openNamespace([image.mount(layer)], { now, board });
    const location = namespace.preopens[0]?.location;
    if (location === undefined) throw new Error("nothing is preopened");
    const top = location.directory;
    // Of the root, only the part that the image does not fill is empty: a new directory.
    if (path === undefined) top.mkdir("empty");
    const root = openDirectory(top, path ?? "empty");
    return {
      root,
      close() {
        root.close();
        location.close();
        namespace.close();
        if (layer.type === "directory") rmSync(layer.directory, { recursive: true, force: true });
      },
    };
  });
}

const memory = (): WritableLayer => ({ type: "memory", ...quota });
function directory(): WritableLayer {
  made++;
  return {
    type: "directory",
    directory: join(image.folder, `layer-${made}`),
    board: made,
    ...quota,
  };
}

conform("a new directory of an overlay in memory", memory);
conform("an image's directory under an overlay in memory", memory, "work");
conform("a new directory of an overlay on disk", directory);
conform("an image's directory under an overlay on disk", directory, "work");

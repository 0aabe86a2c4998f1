import fc from "fast-check";
import { expect, test } from "vitest";
import type { LayerEntry } from "../../src/layer/layer-entry.js";
import { flattenLayers } from "../../src/snapshot/flatten-layers.js";
import { encodeTree } from "../../src/tree/encode-tree.js";
import { Tree, TREE_DIRECTORY } from "../../src/tree/tree.js";
import { sha256 } from "../layer/tar-fixture.js";

const DIGEST = sha256("layer");

/** What is at a path: "dir", or the content's number. */
type Model = Map<string, "dir" | number>;

const names = fc.constantFrom("a", "b", "c", "ü");
const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
const operation = fc.record({
  type: fc.constantFrom("file", "directory", "hardlink", "whiteout", "opaque"),
  path,
  link: path,
} as const);
const layers = fc.array(fc.array(operation, { maxLength: 12 }), { minLength: 1, maxLength: 5 });

function below(model: Model, folder: string): string[] {
  return [...model.keys()].filter((key) => key.startsWith(`${folder}/`));
}

function parentsOf(path: string): string[] {
  const parts = path.slice(1).split("/").slice(0, -1);
  return parts.map((_part, i) => `/${parts.slice(0, i + 1).join("/")}`);
}

/** Applies one entry the slow and obvious way; `false`: a tar would not have it. */
function applyToModel(model: Model, entry: LayerEntry): boolean {
  if (entry.type === "whiteout" || entry.type === "opaque") return true;
  if (parentsOf(entry.path).some((parent) => typeof model.get(parent) === "number")) return false;
  const target = model.get(entry.link);
  if (entry.type === "hardlink" && (typeof target !== "number" || entry.link === entry.path)) {
    return false;
  }
  for (const parent of parentsOf(entry.path)) model.set(parent, "dir");
  if (entry.type === "directory") {
    model.set(entry.path, "dir");
    return true;
  }
  for (const key of below(model, entry.path)) model.delete(key);
  model.set(
    entry.path,
    typeof target === "number" && entry.type === "hardlink" ? target : entry.offset,
  );
  return true;
}

function hideInModel(model: Model, { type, path: hidden }: LayerEntry): void {
  if (type !== "whiteout" && type !== "opaque") return;
  for (const key of below(model, hidden)) model.delete(key);
  if (type === "whiteout") model.delete(hidden);
}

test("a flattened image is what a plain map of paths says", async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (drawn) => {
      const model: Model = new Map();
      let number = 0;
      const stack = drawn.map((operations) => {
        const entries = operations.map((drawnEntry): LayerEntry => ({
          ...drawnEntry,
          link: drawnEntry.type === "hardlink" ? drawnEntry.link : "",
          mode: 0o644,
          size: 1,
          offset: ++number,
          mtime: 0n,
        }));
        for (const entry of entries) hideInModel(model, entry);
        return { digest: DIGEST, entries: entries.filter((entry) => applyToModel(model, entry)) };
      });
      const image = await flattenLayers(stack);
      const tree = new Tree(encodeTree(image.root), "here");
      const found: Model = new Map();
      const inodes = new Map<number, number>();
      for (let record = 1; record < tree.count; record++) {
        const isDirectory = tree.type(record) === TREE_DIRECTORY;
        found.set(tree.path(record), isDirectory ? "dir" : tree.offset(record));
        // Names of one file, and only those, have one inode.
        if (isDirectory) continue;
        const known = inodes.get(tree.offset(record)) ?? tree.inode(record);
        inodes.set(tree.offset(record), known);
        expect(tree.inode(record)).toBe(known);
      }
      expect(new Set(inodes.values()).size).toBe(inodes.size);
      expect(found).toEqual(model);
    }),
    { numRuns: 500 },
  );
});

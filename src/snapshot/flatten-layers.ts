import { setImmediate } from "node:timers/promises";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { baseName, parentPath } from "../layer/entry-path.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import { invalidLayer } from "../layer/invalid-layer.js";
import type { WasmKind } from "../layer/wasm-kind.js";
import type { Digest } from "../oci/digest.js";
import type { TreeNode } from "../tree/encode-tree.js";
import { findDirectory, newDirectory, type FlatContent, type FlatNode } from "./flat-node.js";

/** Most entries of a flattened image: twice what one layer may have. */
const MAX_TREE_ENTRIES = 1_000_000;
/** Entries applied in one turn of the event loop: a few ms of work. */
const ENTRIES_PER_TURN = 4096;

export interface IndexedLayer {
  readonly digest: Digest;
  /** Asked for once, when it is the layer's turn, and let go of before the next one. */
  readonly entries: readonly LayerEntry[];
}

/** A WebAssembly file of an image. */
export interface ImageModule {
  /** Absolute in the image. */
  readonly path: string;
  readonly kind: WasmKind;
  /** Bytes. */
  readonly size: number;
}

export interface FlatImage {
  readonly root: TreeNode;
  /** In the order of the tree. */
  readonly modules: readonly ImageModule[];
}

/**
 * Lays layers over each other, the lowest first (OCI image specification, "Applying Changesets").
 *
 * - Whiteouts and opaque markers of a layer hide what lower layers have, wherever in the tar they stand.
 * - A directory over a directory changes its mode and time; everything else replaces what was there.
 * - The parents of an entry are resolved inside the image, through symbolic links, as containerd and
 *   overlayfs do it; missing ones are made.
 * - A hard link shares the content of its target, of this layer or a lower one; not of a directory.
 *
 * @throws SafedockError `ERR_LAYER_INVALID`, `ERR_LAYER_TOO_LARGE`
 */
export async function flattenLayers(layers: readonly IndexedLayer[]): Promise<FlatImage> {
  const tree = new FlatTree();
  for (const [number, { digest, entries }] of layers.entries()) {
    for (const entry of entries) tree.hide(entry, digest);
    let turn = 0;
    for (const entry of entries) {
      tree.apply(entry, number, digest);
      if (++turn % ENTRIES_PER_TURN === 0) await setImmediate();
    }
  }
  return tree.toImage();
}

class FlatTree {
  readonly #root = newDirectory(undefined);
  #applied = 0;

  /** Applies a whiteout or an opaque marker to what is there from the lower layers. */
  hide(entry: LayerEntry, digest: Digest): void {
    if (entry.type !== "whiteout" && entry.type !== "opaque") return;
    const path = entry.type === "opaque" ? entry.path : parentPath(entry.path);
    const directory = findDirectory(this.#root, path, false);
    // Nothing there to hide.
    if (directory === "missing" || directory === "file") return;
    if (directory === "loop") throw refuse(digest, entry, "lies behind too many symbolic links");
    if (entry.type === "opaque") directory.children?.clear();
    else directory.children?.delete(baseName(entry.path));
  }

  apply(entry: LayerEntry, layer: number, digest: Digest): void {
    if (entry.type === "whiteout" || entry.type === "opaque") return;
    if (++this.#applied > MAX_TREE_ENTRIES) throw tooMany(digest);
    if (entry.path === "/") {
      this.#root.mode = entry.mode;
      this.#root.mtime = entry.mtime;
      return;
    }
    const parent = this.#directoryOf(entry.path, true, entry, digest);
    const name = baseName(entry.path);
    if (entry.type === "directory") {
      const old = parent.children?.get(name);
      const node = old?.children === undefined ? newDirectory(parent) : old;
      node.mode = entry.mode;
      node.mtime = entry.mtime;
      if (node !== old) parent.children?.set(name, node);
      return;
    }
    if (entry.type === "hardlink") {
      const { mode, mtime, content } = this.#linked(entry, digest);
      content.names++;
      parent.children?.set(name, { parent, children: undefined, mode, mtime, content });
      return;
    }
    const { mode, mtime, type, wasm } = entry;
    const isFile = type === "file";
    const content: FlatContent = {
      type,
      size: isFile ? entry.size : 0,
      blob: layer,
      offset: isFile ? entry.offset : 0,
      link: isFile ? "" : entry.link,
      wasm,
      names: 1,
    };
    parent.children?.set(name, { parent, children: undefined, mode, mtime, content });
  }

  toImage(): FlatImage {
    const modules: ImageModule[] = [];
    const walk: { readonly path: string; readonly node: FlatNode }[] = [
      { path: "", node: this.#root },
    ];
    for (let at = walk.pop(); at !== undefined; at = walk.pop()) {
      for (const [name, child] of at.node.children ?? []) {
        if (child.children !== undefined) walk.push({ path: `${at.path}/${name}`, node: child });
        else if (child.content?.wasm !== undefined) {
          const { wasm, size } = child.content;
          modules.push({ path: `${at.path}/${name}`, kind: wasm, size });
        }
      }
    }
    modules.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { root: this.#root, modules };
  }

  #linked(entry: LayerEntry, digest: Digest): FlatNode & { content: FlatContent } {
    if (entry.link === entry.path) throw refuse(digest, entry, "is a hard link to itself");
    const parent = this.#directoryOf(entry.link, false, entry, digest);
    const target = parent.children?.get(baseName(entry.link));
    if (target?.content === undefined) {
      const what = target === undefined ? "nothing" : "a directory";
      throw refuse(digest, entry, `is a hard link to ${what} (${printable(entry.link)})`);
    }
    return { ...target, content: target.content };
  }

  #directoryOf(path: string, make: boolean, entry: LayerEntry, digest: Digest): FlatNode {
    const found = findDirectory(this.#root, parentPath(path), make);
    switch (found) {
      case "missing":
        throw refuse(digest, entry, `is a hard link to nothing (${printable(path)})`);
      case "file":
        throw refuse(digest, entry, "lies below something that is no directory");
      case "loop":
        throw refuse(digest, entry, "lies behind too many symbolic links");
      default:
        return found;
    }
  }
}

function refuse(digest: Digest, entry: LayerEntry, problem: string): SafedockError {
  return invalidLayer(digest, `the entry ${JSON.stringify(printable(entry.path))} ${problem}`);
}

function tooMany(digest: Digest): SafedockError {
  return new SafedockError(
    "ERR_LAYER_TOO_LARGE",
    `The image has more than ${MAX_TREE_ENTRIES} entries`,
    { data: { digest, limit: MAX_TREE_ENTRIES } },
  );
}

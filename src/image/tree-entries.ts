import { open, type FileHandle } from "node:fs/promises";
import type { NewEntry } from "../layer/new-entry.js";
import { TREE_DIRECTORY, TREE_SYMLINK, type Tree } from "../tree/tree.js";

/** Bytes read at once. */
const READ_BYTES = 256 * 1024;
const ROOT = 0;

/**
 * All entries of a flattened image but the root, a directory before what is in it, by name. They must be
 * taken one after the other: the host files stay open until the last.
 *
 * @param blobs - host paths, by layer number
 */
export async function* treeEntries(
  tree: Tree,
  blobs: readonly string[],
): AsyncGenerator<NewEntry, void, undefined> {
  const files = new BlobFiles(blobs);
  /** Paths of the files with several names, by inode. */
  const linked = new Map<number, string>();
  const stack = childrenOf(tree, ROOT, "");
  try {
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { record, path } = next;
      const mode = tree.mode(record);
      const mtime = tree.mtime(record);
      const type = tree.type(record);
      if (type === TREE_DIRECTORY) {
        yield { type: "directory", path, mode, mtime };
        stack.push(...childrenOf(tree, record, path));
        continue;
      }
      const inode = tree.inode(record);
      const link = linked.get(inode);
      if (link !== undefined) yield { type: "hardlink", path, link, mode, mtime };
      else if (type === TREE_SYMLINK) {
        yield { type: "symlink", path, link: tree.link(record), mtime };
      } else {
        if (tree.nlink(record) > 1) linked.set(inode, path);
        const size = tree.size(record);
        const content = () => files.read(tree.blob(record), tree.offset(record), size);
        yield { type: "file", path, mode, mtime, size, content };
      }
    }
  } finally {
    await files.close();
  }
}

/** The last first, so that they come off a stack in order. */
function childrenOf(tree: Tree, directory: number, path: string) {
  const first = tree.firstChild(directory);
  return Array.from({ length: tree.childCount(directory) }, (_, i) => first + i)
    .toReversed()
    .map((record) => ({ record, path: `${path}/${tree.name(record)}` }));
}

class BlobFiles {
  readonly #open = new Map<number, FileHandle>();

  constructor(private readonly paths: readonly string[]) {}

  async *read(blob: number, offset: number, size: number): AsyncGenerator<Uint8Array> {
    const handle = this.#open.get(blob) ?? (await open(this.paths[blob] ?? "", "r"));
    this.#open.set(blob, handle);
    let done = 0;
    while (done < size) {
      const wanted = Math.min(READ_BYTES, size - done);
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(wanted),
        0,
        wanted,
        offset + done,
      );
      if (bytesRead === 0) return;
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    for (const handle of this.#open.values()) await handle.close();
  }
}

import type { TreeContent, TreeNode } from "../../src/tree/encode-tree.js";

/** One name of a tree that a test makes. */
export interface TreeEntry {
  /** Absolute, "/a/b"; "/" for the root. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  readonly mode: number;
  readonly size: number;
  readonly mtime: bigint;
  readonly blob: number;
  readonly offset: number;
  readonly link: string;
  /** Names with the same number are hard links of one file; 0 has no other name. */
  readonly inode: number;
}

interface Node extends TreeNode {
  children: Map<string, Node> | undefined;
  mode: number;
  mtime: bigint;
  content: TreeContent | undefined;
}

const newDirectory = (): Node => ({
  children: new Map(),
  mode: 0o755,
  mtime: 0n,
  content: undefined,
});

/** The nodes of these entries; missing parents are made, of two with one path the later counts. */
export function treeOf(entries: Iterable<TreeEntry>): TreeNode {
  const root = newDirectory();
  const contents = new Map<number, TreeContent>();
  for (const entry of entries) {
    const { mode, mtime, type } = entry;
    let node = root;
    const names = entry.path === "/" ? [] : entry.path.slice(1).split("/");
    for (const name of names) {
      const child = node.children?.get(name) ?? newDirectory();
      node.children?.set(name, child);
      node = child;
    }
    Object.assign(node, { mode, mtime });
    if (type === "directory") continue;
    const known = entry.inode === 0 ? undefined : contents.get(entry.inode);
    node.children = undefined;
    node.content = known ?? { ...entry, type, names: entry.inode === 0 ? 1 : 2 };
    contents.set(entry.inode, node.content);
  }
  return root;
}

/** The entries of nodes, parents first; those with several names have an inode, counted from 1. */
export function entriesOf(root: TreeNode): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const inodes = new Map<TreeContent, number>();
  const add = (path: string, { mode, mtime, children, content }: TreeNode): void => {
    let inode = 0;
    if (content !== undefined && content.names > 1) {
      inode = inodes.get(content) ?? inodes.size + 1;
      inodes.set(content, inode);
    }
    const base = { path: path || "/", mode, mtime, inode };
    if (content === undefined) {
      entries.push({ ...base, type: "directory", size: 0, blob: 0, offset: 0, link: "" });
    } else {
      const { type, size, blob, offset, link } = content;
      entries.push({ ...base, type, size, blob, offset, link });
    }
    for (const [name, child] of children ?? []) add(`${path}/${name}`, child);
  };
  add("", root);
  return entries;
}

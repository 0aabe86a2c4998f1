import type { WasmKind } from "../layer/wasm-kind.js";
import type { TreeContent, TreeNode } from "../tree/encode-tree.js";

/** A file's or link's content, shared by all its names; its blob has the number of its layer. */
export interface FlatContent extends TreeContent {
  readonly wasm: WasmKind | undefined;
  names: number;
}

/** One place in the tree that is being built. */
export interface FlatNode extends TreeNode {
  readonly parent: FlatNode | undefined;
  /** A directory's children; `undefined`: no directory. */
  children: Map<string, FlatNode> | undefined;
  mode: number;
  mtime: bigint;
  /** What a file or a symbolic link is. */
  content: FlatContent | undefined;
}

const DEFAULT_MODE = 0o755;

/** A directory; without an entry of its own, as parents that no layer names are. */
export function newDirectory(parent: FlatNode | undefined): FlatNode {
  return { parent, children: new Map(), mode: DEFAULT_MODE, mtime: 0n, content: undefined };
}

/** Most symbolic links followed on the way to one entry: what Linux follows. */
const MAX_LINKS = 40;
/** Longest path that links can grow to on the way, in characters: Linux's PATH_MAX. */
const MAX_PATH = 4096;

/**
 * The directory at `path`, as containerd and overlayfs find it: symbolic links are followed, inside the
 * root only, and what is missing is made when `make` is set.
 *
 * @returns what is in the way instead: nothing (`make` not set), a file, or too many links.
 */
export function findDirectory(
  root: FlatNode,
  path: string,
  make: boolean,
): FlatNode | "missing" | "file" | "loop" {
  let node = root;
  let rest = path;
  let links = 0;
  while (rest !== "") {
    const cut = rest.indexOf("/");
    const name = cut < 0 ? rest : rest.slice(0, cut);
    rest = cut < 0 ? "" : rest.slice(cut + 1);
    if (name === "" || name === ".") continue;
    if (name === "..") {
      node = node.parent ?? root;
      continue;
    }
    let child = node.children?.get(name);
    if (child === undefined) {
      if (!make) return "missing";
      child = newDirectory(node);
      node.children?.set(name, child);
    }
    const link = child.content?.type === "symlink" ? child.content.link : undefined;
    if (link !== undefined) {
      rest = `${link}/${rest}`;
      if (++links > MAX_LINKS || rest.length > MAX_PATH) return "loop";
      if (link.startsWith("/")) node = root;
    } else if (child.children === undefined) return "file";
    else node = child;
  }
  return node;
}

/** A flattened image on disk, made from plain text, for tests of what reads one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetSnapshots } from "../../src/fs/snapshot/open-snapshot.js";
import type { SnapshotMount, WritableLayer } from "../../src/mount.js";
import { encodeTree } from "../../src/tree/encode-tree.js";
import { treeOf, type TreeEntry } from "../tree/tree-of-entries.js";

/** Paths to contents; undefined is a directory, `{ link }` a symbolic link, `{ same }` a hard link. */
export type ImageFiles = Record<
  string,
  string | Uint8Array | undefined | { readonly link: string } | { readonly same: string }
>;

export interface ImageFixture {
  /** A temporary folder, for the test's own use too. */
  readonly folder: string;
  mount(writable?: WritableLayer, target?: string): SnapshotMount;
  remove(): void;
}

export const IMAGE_MTIME = 1_600_000_000_123_456_789n;

export function makeImage(files: ImageFiles): ImageFixture {
  const folder = mkdtempSync(join(tmpdir(), "safedock-image-"));
  const blob: Uint8Array[] = [new Uint8Array(512)]; // as a tar's header, so that no offset is 0
  let offset = 512;
  const entries = new Map<string, TreeEntry>();
  for (const [path, content] of Object.entries(files)) {
    const plain = {
      path,
      mode: 0o755,
      size: 0,
      mtime: IMAGE_MTIME,
      blob: 0,
      offset: 0,
      link: "",
      inode: entries.size + 1,
    };
    if (content === undefined) entries.set(path, { ...plain, type: "directory" });
    else if (typeof content === "string" || content instanceof Uint8Array) {
      const bytes = Buffer.from(content);
      entries.set(path, { ...plain, type: "file", size: bytes.length, offset });
      blob.push(bytes);
      offset += bytes.length;
    } else if ("link" in content)
      entries.set(path, { ...plain, type: "symlink", link: content.link });
    else {
      const same = entries.get(content.same);
      if (same === undefined) throw new Error(`no file ${content.same}`);
      entries.set(path, { ...same, path });
    }
  }
  const tree = join(folder, "tree");
  const layer = join(folder, "blob");
  writeFileSync(tree, encodeTree(treeOf(entries.values())));
  writeFileSync(layer, Buffer.concat(blob));
  return {
    folder,
    mount: (writable, target = "/") => ({
      type: "snapshot",
      target,
      tree,
      blobs: [layer],
      ...(writable === undefined ? {} : { writable }),
    }),
    remove() {
      forgetSnapshots();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

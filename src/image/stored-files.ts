import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { StoreLayout } from "../content/store-layout.js";
import { isDigest, type Digest } from "../oci/digest.js";

/** What the store keeps: content, what is derived of it, and names. */
export type StoredKind =
  | "blob"
  | "layer"
  | "unpacked"
  | "snapshot"
  | "component"
  | "prepared"
  | "image"
  | "reference";

/** Kinds that are a folder of files each. */
export const FOLDERS: ReadonlySet<StoredKind> = new Set(["snapshot", "component", "prepared"]);

/** One file of the store, or a folder. */
export interface StoredFile {
  readonly kind: StoredKind;
  /** That it is named for: of a reference, the SHA-256 of its text. */
  readonly digest: Digest;
  readonly path: string;
}

/** What there is of one kind. Names that Safedock does not give are left out. */
export async function storedFiles(layout: StoreLayout, kind: StoredKind): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const folder of foldersOf(layout, kind)) {
    for (const name of await readdir(folder)) {
      const hex = name.endsWith(".json") ? name.slice(0, -".json".length) : name;
      // The two algorithms differ in their length.
      const digest = `${hex.length > 64 ? "sha512" : "sha256"}:${hex}`;
      if (isDigest(digest)) files.push({ kind, digest, path: join(folder, name) });
    }
  }
  return files;
}

function foldersOf(layout: StoreLayout, kind: StoredKind): readonly string[] {
  switch (kind) {
    case "blob":
      return [join(layout.base, "blobs", "sha256"), join(layout.base, "blobs", "sha512")];
    case "image":
      return [layout.images];
    case "reference":
      return [layout.references];
    case "unpacked":
      return [join(layout.base, "unpacked")];
    case "prepared":
      return [layout.prepared];
    case "component":
    case "layer":
    case "snapshot":
      return [join(layout.base, `${kind}s`)];
  }
}

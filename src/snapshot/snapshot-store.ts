import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import { FileSink } from "../content/file-sink.js";
import type { Digest } from "../oci/digest.js";
import { encodeTree } from "../tree/encode-tree.js";
import { Tree } from "../tree/tree.js";
import { flattenLayers, type ImageModule, type IndexedLayer } from "./flatten-layers.js";

/** Names of a snapshot's two files. */
const TREE_FILE_NAME = "tree";
const MODULES_FILE_NAME = "modules.json";
/** Most WebAssembly files that are listed: enough to say that it is not the only one. */
const MAX_LISTED_MODULES = 1000;

/** A flattened image on disk. */
export interface Snapshot {
  readonly chainId: Digest;
  /** Host path of the tree (the byte format of `src/tree/`). */
  readonly treePath: string;
  /** Host paths of the uncompressed blobs that the tree's entries point into, by layer number. */
  readonly blobs: readonly string[];
}

/** A snapshot that a caller holds. It is invisible to others until `commit`. */
export interface StagedSnapshot {
  readonly chainId: Digest;
  readonly treePath: string;
  /** The WebAssembly files of the image, by path; at most 1000. */
  readonly modules: readonly ImageModule[];
  readonly existed: boolean;
  commit(): Promise<void>;
  /** Removes what was not committed. Also needed after `commit`. */
  release(): Promise<void>;
}

/** Immutable trees by ChainID, in a content store. */
export class SnapshotStore {
  constructor(private readonly content: ContentStore) {}

  /** Host path of a snapshot's tree, there or not. */
  treePath(chainId: Digest): string {
    return join(this.content.layout.snapshot(chainId), TREE_FILE_NAME);
  }

  /** Opens the tree of a committed snapshot. */
  async openTree(chainId: Digest): Promise<Tree> {
    const path = this.treePath(chainId);
    return new Tree(await readFile(path), path);
  }

  /**
   * Flattens layers into a tree, unless the store has it.
   *
   * @throws SafedockError `ERR_LAYER_INVALID`, `ERR_LAYER_TOO_LARGE`
   */
  async stage(chainId: Digest, layers: readonly IndexedLayer[]): Promise<StagedSnapshot> {
    // What is found in the store must not be collected meanwhile.
    const lease = await this.content.leases.hold([chainId]);
    try {
      const staged = await this.#stage(chainId, layers);
      return {
        ...staged,
        get treePath() {
          return staged.treePath;
        },
        release: async () => {
          await staged.release();
          await lease.release();
        },
      };
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #stage(chainId: Digest, layers: readonly IndexedLayer[]): Promise<StagedSnapshot> {
    const known = await this.#find(chainId);
    if (known !== undefined) {
      return {
        chainId,
        treePath: this.treePath(chainId),
        modules: known,
        existed: true,
        commit: () => Promise.resolve(),
        release: () => Promise.resolve(),
      };
    }
    const image = await flattenLayers(layers);
    const modules = image.modules.slice(0, MAX_LISTED_MODULES);
    const folder = this.content.temporary.newPath();
    try {
      await mkdir(folder);
      await write(join(folder, TREE_FILE_NAME), encodeTree(image.root));
      await write(join(folder, MODULES_FILE_NAME), Buffer.from(JSON.stringify(modules)));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    const staged = { path: folder };
    return {
      chainId,
      get treePath() {
        return join(staged.path, TREE_FILE_NAME);
      },
      modules,
      existed: false,
      commit: async () => {
        await this.#commit(chainId, folder);
        staged.path = this.content.layout.snapshot(chainId);
      },
      release: () => rm(folder, { recursive: true, force: true }),
    };
  }

  async #commit(chainId: Digest, folder: string): Promise<void> {
    const path = this.content.layout.snapshot(chainId);
    try {
      await rename(folder, path);
    } catch (error) {
      // Somebody was faster, with the same tree; or a damaged one lies there.
      if ((await this.#find(chainId)) !== undefined) return;
      await rm(path, { recursive: true, force: true });
      await rename(folder, path).catch(() => {
        throw error;
      });
    }
  }

  async #find(chainId: Digest): Promise<readonly ImageModule[] | undefined> {
    try {
      const path = join(this.content.layout.snapshot(chainId), MODULES_FILE_NAME);
      const modules: unknown = JSON.parse(await readFile(path, "utf8"));
      await this.openTree(chainId);
      return isModuleList(modules) ? modules : undefined;
    } catch {
      // Missing or damaged: made again from the layers.
      return undefined;
    }
  }
}

/** Tells whether a stored list has the shape that was written. */
export function isModuleList(value: unknown): value is ImageModule[] {
  return Array.isArray(value) && value.every(isModule);
}

function isModule(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!("path" in value && "kind" in value && "size" in value)) return false;
  const { path, kind, size } = value;
  const isKnown = kind === "core" || kind === "component";
  return typeof path === "string" && isKnown && Number.isSafeInteger(size);
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const sink = await FileSink.create(path);
  try {
    await sink.write(bytes);
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, Image } from "safedock";

export interface StoredDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface StoredManifest {
  readonly config: StoredDescriptor;
  readonly layers: readonly StoredDescriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface StoredConfig {
  readonly config: Readonly<Record<string, unknown>>;
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly Readonly<Record<string, unknown>>[];
}

/** Host path of a blob in an engine's store. */
export function blobPath(engine: Engine, digest: string): string {
  return join(engine.root, "v1", "blobs", ...digest.split(":"));
}

async function readJson<T>(engine: Engine, digest: string): Promise<T> {
  return JSON.parse(await readFile(blobPath(engine, digest), "utf8")) as T;
}

export function readManifest(engine: Engine, image: Image): Promise<StoredManifest> {
  return readJson(engine, image.digest);
}

export async function readConfig(engine: Engine, image: Image): Promise<StoredConfig> {
  return readJson(engine, (await readManifest(engine, image)).config.digest);
}

import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
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

/** Writes an OCI layout folder of one image by copying its blobs out of the store. */
export async function writeLayout(engine: Engine, image: Image, folder: string, tag: string) {
  const manifest = await readManifest(engine, image);
  await mkdir(join(folder, "blobs/sha256"), { recursive: true });
  for (const digest of [
    image.digest,
    manifest.config.digest,
    ...manifest.layers.map((l) => l.digest),
  ]) {
    await copyFile(blobPath(engine, digest), join(folder, "blobs", ...digest.split(":")));
  }
  const { size } = await stat(blobPath(engine, image.digest));
  const [os, architecture] = image.platform.split("/");
  const entry = {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: image.digest,
    size,
    platform: { os, architecture },
    annotations: { "org.opencontainers.image.ref.name": tag },
  };
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
  );
}

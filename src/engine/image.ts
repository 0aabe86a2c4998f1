import type { ImageFormat } from "../image/image-format.js";
import type { ImageRecord } from "../image/image-record.js";
import type { OpenImage } from "../image/resolve-entry.js";
import type { ImageExecution } from "../oci/image-config.js";
import { formatPlatform } from "../oci/platform.js";
import type { Snapshot } from "../snapshot/snapshot-store.js";
import type { Program } from "./find-program.js";

/**
 * An image in the store, whole and verified. Made by `engine.pullImage` and `engine.loadImage`.
 */
export class Image {
  /** Full reference, such as `docker.io/library/hello:latest`; undefined for one loaded without a name. */
  readonly reference: string | undefined;
  /** Of the manifest: `sha256:…`. */
  readonly digest: string;
  /** How the image holds its WebAssembly. */
  readonly format: ImageFormat;
  /** `wasi/wasm`, as the image's config has it. */
  readonly platform: string;
  /** Bytes of all layers as the registry has them. */
  readonly size: number;
  /** `Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `Labels` and `User`, as the image's config has them. */
  readonly config: ImageExecution;
  /** When this store got it, ISO 8601. */
  readonly createdAt: string;
  /** @internal */
  readonly record: ImageRecord;
  /** @internal */
  readonly files: { readonly tree: string; readonly blobs: readonly string[] };
  /** @internal `NAME=value`, with PWD for the working directory. */
  readonly environment: readonly string[];
  /** @internal Programs found so far, by what was asked for. */
  readonly programs = new Map<string, Program>();
  /** @internal The image's tree, opened for the first program that is looked for. */
  opened: Promise<OpenImage> | undefined;

  /** @internal */
  constructor(record: ImageRecord, snapshot: Snapshot) {
    this.record = record;
    this.reference = record.reference;
    this.digest = record.digest;
    this.format = record.format;
    this.platform = formatPlatform(record.platform);
    this.size = record.layers.reduce((sum, { size }) => sum + size, 0);
    this.config = record.config;
    this.createdAt = record.createdAt;
    this.files = { tree: snapshot.treePath, blobs: snapshot.blobs };
    this.environment = environmentOf(record.config);
  }
}

function environmentOf({ Env = [], WorkingDir }: ImageExecution): readonly string[] {
  const lines = Env.map((line) => (line.includes("=") ? line : `${line}=`));
  const named = Env.some((line) => line.startsWith("PWD="));
  if (WorkingDir === undefined || WorkingDir === "" || named) return lines;
  return [...lines, `PWD=${WorkingDir}`];
}

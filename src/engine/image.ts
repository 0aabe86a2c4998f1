import { printable } from "../base/printable.js";
import type { ImageEntry } from "../image/describe-program.js";
import type { ImageComponent } from "../image/image-component.js";
import type { ImageFormat } from "../image/image-format.js";
import type { ImageRecord } from "../image/image-record.js";
import type { ImageWorld } from "../image/image-world.js";
import type { OpenImage } from "../image/resolve-entry.js";
import type { ImageExecution } from "../oci/image-config.js";
import { formatPlatform } from "../oci/platform.js";
import type { ImageModule } from "../snapshot/flatten-layers.js";
import type { Snapshot } from "../snapshot/snapshot-store.js";
import type { TrustEvidence } from "../trust/signature-options.js";
import type { Program } from "./find-program.js";
import type { GrantRequest } from "./grant-request.js";
import { readRequestedGrants } from "./requested-grants.js";
import type { ImageInfo } from "./image-info.js";
import type { Digest } from "../oci/digest.js";

/**
 * An image in the store, whole and verified. Made by `engine.pullImage` and `engine.loadImage`.
 */
export class Image {
  /** Full reference, such as `docker.io/library/hello:latest`; undefined for one loaded without a name. */
  readonly reference: string | undefined;
  /** Of the manifest: `sha256:…`. */
  readonly digest: Digest;
  /** How the image holds its WebAssembly. */
  readonly format: ImageFormat;
  /** `wasi/wasm`, as the image's config has it. */
  readonly platform: string;
  /**
   * The program that `engine.run(image)` runs; undefined if the image has several modules and names none,
   * or names what it does not have.
   */
  readonly entry: ImageEntry | undefined;
  /** What the entry is to its host, by its imports and exports; undefined without an entry. */
  readonly world: ImageWorld | undefined;
  /** Its WebAssembly files, by path; at most 1000. */
  readonly modules: readonly ImageModule[];
  /** The components of a Spin application; undefined for every other format. */
  readonly components: readonly ImageComponent[] | undefined;
  /** Bytes of all layers as the registry has them. */
  readonly size: number;
  /** `Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `Labels` and `User`, as the image's config has them. */
  readonly config: ImageExecution;
  /** Proofs of the signatures that were asked for when it was pulled; empty without `verify` or policy. */
  readonly trust: readonly TrustEvidence[];
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
    this.entry = record.program?.entry;
    this.world = record.program?.world;
    this.modules = record.modules;
    this.components = record.components;
    this.size = record.layers.reduce((sum, { size }) => sum + size, 0);
    this.config = record.config;
    this.trust = record.trust ?? [];
    this.createdAt = record.createdAt;
    this.files = { tree: snapshot.treePath, blobs: snapshot.blobs };
    this.environment = environmentOf(record.config);
  }

  /**
   * The grants that the image asks for, by its manifest's annotation `dev.safedock.grants`; undefined if it
   * asks for nothing. Nothing is granted by it: see `approveGrants`.
   *
   * @throws SafedockError `ERR_MANIFEST_INVALID` for an annotation that is no request; the image can be
   * used all the same.
   */
  get requestedGrants(): GrantRequest | undefined {
    const { requestedGrants: text } = this.record;
    if (text === undefined) return undefined;
    return readRequestedGrants(text, printable(this.reference ?? this.digest));
  }

  /**
   * All that is known of the image, as plain JSON.
   *
   * @example
   * ```ts
   * const { format, platform, entry, world } = image.inspect();
   * console.log(`${format} for ${platform}: ${entry?.path} is a ${world?.kind}`);
   * ```
   */
  inspect(): ImageInfo {
    const { reference, entry, world, components } = this;
    return {
      ...(reference !== undefined ? { reference } : {}),
      digest: this.digest,
      format: this.format,
      platform: this.platform,
      ...(entry !== undefined ? { entry } : {}),
      ...(world !== undefined ? { world } : {}),
      modules: this.modules,
      ...(components !== undefined ? { components } : {}),
      config: this.config,
      layers: this.record.layers,
      size: this.size,
      trust: this.trust,
      createdAt: this.createdAt,
    };
  }
}

function environmentOf({ Env = [], WorkingDir }: ImageExecution): readonly string[] {
  const lines = Env.map((line) => (line.includes("=") ? line : `${line}=`));
  const named = Env.some((line) => line.startsWith("PWD="));
  if (WorkingDir === undefined || WorkingDir === "" || named) return lines;
  return [...lines, `PWD=${WorkingDir}`];
}
